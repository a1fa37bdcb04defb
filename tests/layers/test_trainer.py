import builtins

import numpy as np
import pytest

from kotovec.layers import CBOW, SGD, Evaluation, Trainer


class Line:
    """Fits y = w x by least squares, and remembers every batch that it was shown."""

    def __init__(self, share=1):
        W = np.zeros(1)
        self.params, self.grads = [W] * share, [np.zeros(1) for _ in range(share)]
        self.batches = []

    def forward(self, x, t):
        self.batches.append(x.tolist())
        self.x, self.error = x, self.params[0][0] * x - t
        return float(np.mean(self.error**2) / 2)

    def backward(self, dout=1):
        for grad in self.grads:
            grad[...] = dout * np.mean(self.error * self.x)


def test_every_epoch_shows_each_sample_once_in_a_new_order():
    model = Line()
    Trainer(model, SGD(0.0), seed=1).fit(np.arange(12.0), np.zeros(12), max_epoch=3, batch_size=4)
    epochs = [[x for batch in model.batches[3 * e : 3 * e + 3] for x in batch] for e in range(3)]
    assert [len(batch) for batch in model.batches] == [4] * 9
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_samples_that_do_not_fill_a_batch_sit_out_the_epoch():
    model = Line()
    Trainer(model, SGD(0.0), seed=1).fit(np.arange(11.0), np.zeros(11), max_epoch=1, batch_size=4)
    assert [len(batch) for batch in model.batches] == [4, 4]


def test_samples_keep_their_answers_when_shuffled():
    model = Line()
    x = np.arange(1.0, 9.0)
    Trainer(model, SGD(0.02)).fit(x, 3 * x, max_epoch=60, batch_size=2)
    assert model.params[0][0] == pytest.approx(3, abs=1e-6)


def test_gradients_of_shared_weights_are_summed_into_one_step():
    one, three = Line(), Line(share=3)
    for model in (one, three):
        Trainer(model, SGD(0.1)).fit([1.0], [1.0], max_epoch=1, batch_size=1)
    assert three.params[0][0] == pytest.approx(3 * one.params[0][0], rel=1e-15)


def test_max_grad_limits_the_step():
    model = Line()
    Trainer(model, SGD(1.0)).fit([1.0], [1000.0], max_epoch=1, batch_size=1, max_grad=0.25)
    assert model.params[0][0] == pytest.approx(0.25, rel=1e-15)


def test_a_max_grad_that_leaves_nothing_is_refused_before_the_first_step():
    model = Line()
    with pytest.raises(ValueError, match=r"max_grad of Trainer\.fit must be above 0, or None, got 0"):
        Trainer(model, SGD(1.0)).fit([1.0], [1000.0], max_epoch=1, batch_size=1, max_grad=0)
    assert model.params[0][0] == 0


def test_loss_list_holds_the_mean_since_the_entry_before():
    trainer = Trainer(Line(), SGD(0.0))  # w stays 0, so a batch costs t^2 / 2
    trainer.fit(np.ones(5), np.sqrt([2.0] * 5), max_epoch=2, batch_size=1, eval_interval=2)
    assert trainer.loss_list == pytest.approx([1.0] * 6)
    assert trainer.current_epoch == 2

    # epochs of 2 batches, an entry at the first of each: batch 1 | batches 2 and 3 | batches 4 and 5
    model = Line()
    losses = iter([6.0, 1.0, 3.0, 10.0, 20.0, 99.0])
    model.forward = lambda x, t: next(losses)
    model.backward = lambda: None
    trainer = Trainer(model, SGD(0.0))
    trainer.fit(np.ones(2), np.ones(2), max_epoch=3, batch_size=1)
    assert trainer.loss_list == [6.0, 2.0, 15.0]


def test_fit_goes_on_where_it_stopped():
    trainer = Trainer(Line(), SGD(0.1))
    trainer.fit([1.0], [1.0], max_epoch=2, batch_size=1)
    trainer.fit([1.0], [1.0], max_epoch=3, batch_size=1)
    assert trainer.current_epoch == 5
    assert len(trainer.loss_list) == 5
    assert trainer.loss_list == sorted(trainer.loss_list, reverse=True)


def test_without_an_interval_no_list_is_kept():
    trainer = Trainer(Line(), SGD(0.1))
    trainer.fit([1.0], [1.0], batch_size=1, eval_interval=None)
    assert trainer.loss_list == []


def test_report_is_told_of_every_evaluation_as_a_readable_line(capsys):
    seen: list[Evaluation] = []
    Trainer(Line(), SGD(0.0), report=seen.append).fit(np.ones(4), np.ones(4), max_epoch=2, batch_size=2)
    assert [(e.epoch, e.iteration, e.iterations, e.loss) for e in seen] == [(1, 1, 2, 0.5), (2, 1, 2, 0.5)]
    assert str(seen[1]) == "epoch 2 | iteration 1 / 2 | 0 s | loss 0.50"
    assert capsys.readouterr().out == ""


def test_a_loss_that_is_no_number_stops_the_training_and_names_the_rate():
    model = Line()
    model.forward = lambda x, t: float("nan")
    with pytest.raises(
        FloatingPointError, match=r"loss became nan in epoch 1: take a learning rate below 0\.5"
    ):
        Trainer(model, SGD(0.5)).fit([1.0], [1.0], batch_size=1)


def test_a_batch_greater_than_the_data_is_explained():
    trainer = Trainer(CBOW(7, 3, 1, np.arange(7)), SGD())
    with pytest.raises(ValueError, match="between 1 and the 6 samples there are, got 32"):
        trainer.fit(np.zeros((6, 2), int), np.zeros(6, int))


def test_answers_of_another_length_are_explained():
    with pytest.raises(ValueError, match=r"one length N, got shapes \(3,\) and \(2,\)"):
        Trainer(Line(), SGD()).fit(np.ones(3), np.ones(2), batch_size=1)


def test_plot_draws_the_losses_and_shows_them(monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(True))
    trainer = Trainer(Line(), SGD(0.1))
    trainer.fit([1.0], [1.0], max_epoch=4, batch_size=1)
    axes = trainer.plot(ylim=(0, 2))
    try:
        assert axes.lines[0].get_ydata().tolist() == trainer.loss_list
        assert axes.get_ylim() == (0, 2)
        assert axes.get_xlabel() == "iterations (x 20)"
        assert shown == [True]
    finally:
        plt.close(axes.figure)


def test_plot_without_matplotlib_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def no_matplotlib(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    trainer = Trainer(Line(), SGD(0.1))
    trainer.fit([1.0], [1.0], batch_size=1)
    monkeypatch.setattr(builtins, "__import__", no_matplotlib)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        trainer.plot()


def test_plot_before_fit_is_explained():
    with pytest.raises(RuntimeError, match="no loss to plot: call fit first"):
        Trainer(Line(), SGD()).plot()


@pytest.mark.parametrize("eval_interval", [0, -5])
def test_an_interval_below_one_is_explained(eval_interval):
    with pytest.raises(ValueError, match=f"at least 1, or None for no list, got {eval_interval}"):
        Trainer(Line(), SGD()).fit([[1]], [1], batch_size=1, eval_interval=eval_interval)
