"""Trainer: the loop of mini-batches that every network of the book is trained with."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from .checks import Array, Seed, checked_report, checked_whole
from .gradients import clip_grads, remove_duplicate

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Model(Protocol):
    """What a Trainer trains: anything with weights, gradients, and a loss."""

    params: list[Array]
    grads: list[Array]

    def forward(self, x: Array, t: Array, /) -> float:
        """Return the mean loss of one mini-batch."""

    def backward(self) -> object:
        """Fill `grads`."""


class Optimiser(Protocol):
    """What turns gradients into steps, such as SGD and Adam."""

    def update(self, params: Sequence[Array], grads: Sequence[Array], /) -> None:
        """Change `params` in place."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The mean loss since the evaluation before, with where and when; `print` shows it as one line."""

    epoch: int  # counted from 1
    iteration: int  # within the epoch, counted from 1
    iterations: int  # in one epoch
    seconds: float  # since fit was called
    loss: float

    def __str__(self) -> str:
        """Return epoch, iteration, time and loss in one line."""
        place = f"epoch {self.epoch} | iteration {self.iteration} / {self.iterations}"
        return f"{place} | {self.seconds:.0f} s | loss {self.loss:.2f}"


def _check_has(name: str, given: object, method: str) -> None:
    """Refuse what is no model or no optimizer: a class in place of an object, or the two exchanged."""
    if isinstance(given, type):
        raise TypeError(f"The {name} of Trainer is an object, got the class: write {given.__name__}(...).")
    if not hasattr(given, method):
        raise TypeError(
            f"The {name} of Trainer has a method {method}, got an object of type {type(given).__name__}: "
            "Trainer takes the model first and then the optimizer."
        )


class Trainer:
    """Train a model on shuffled mini-batches and keep its loss as a list.

    Args:
        model: has `params`, `grads`, `forward(x, t)` and `backward()`, such as `CBOW`.
        optimizer: has `update(params, grads)`, such as `Adam`.
        seed: makes the shuffling repeatable; an int or a NumPy Generator.
        report: called with every `Evaluation` as it happens; `report=print` shows them.

    `loss_list` holds one mean loss per evaluation, `current_epoch` the epochs done; both go on where they are
    when `fit` is called again.

    The book's section 1.4.4.

    >>> from .networks import CBOW
    >>> from .optimisers import Adam
    >>> from .text import create_contexts_target, preprocess
    >>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
    >>> contexts, target = create_contexts_target(corpus, window_size=1)
    >>> trainer = Trainer(CBOW(7, 5, 1, corpus, seed=1), Adam(lr=0.01), seed=1)
    >>> trainer.fit(contexts, target, max_epoch=200, batch_size=3)
    >>> round(trainer.loss_list[0], 2), trainer.loss_list[-1] < 3
    (4.16, True)
    """

    def __init__(
        self,
        model: Model,
        optimizer: Optimiser,
        *,
        seed: Seed = None,
        report: Callable[[Evaluation], object] | None = None,
    ) -> None:
        _check_has("model", model, "forward")
        _check_has("optimizer", optimizer, "update")
        checked_report(report, "Trainer")
        self.model = model
        self.optimizer = optimizer
        self.loss_list: list[float] = []
        self.eval_interval: int | None = None
        self.current_epoch = 0
        self._rng = np.random.default_rng(seed)
        self._report = report

    def fit(
        self,
        x: npt.ArrayLike,
        t: npt.ArrayLike,
        max_epoch: int = 10,
        batch_size: int = 32,
        max_grad: float | None = None,
        eval_interval: int | None = 20,
    ) -> None:
        """Train for `max_epoch` epochs of whole mini-batches.

        Samples that do not fill a last batch sit out this epoch; after shuffling it will be others.

        Args:
            x: (N, ...) what the model is given, such as contexts.
            t: (N, ...) the right answers, such as the target.
            max_epoch: how often to go through all samples.
            batch_size: samples per mini-batch.
            max_grad: the greatest length of all gradients together, see `clip_grads`; None does not clip.
            eval_interval: iterations from one entry of `loss_list` to the next, counted from the first of
                every epoch; None keeps no list.

        Raises:
            ValueError: `x` and `t` differ in length, or do not fill one batch, or `eval_interval` is below 1,
                or `max_grad` not above 0.
            TypeError: a number of epochs, samples or iterations is not whole.
            FloatingPointError: the loss is no longer a finite number.
        """
        samples, answers = np.asarray(x), np.asarray(t)
        if samples.ndim == 0 or answers.ndim == 0 or len(samples) != len(answers):
            raise ValueError(
                "Trainer.fit takes one answer per sample, x and t of one length N, got shapes "
                f"{samples.shape} and {answers.shape}."
            )
        checked_whole(max_epoch, "max_epoch", "Trainer.fit", least=0)
        if not 1 <= checked_whole(batch_size, "batch_size", "Trainer.fit") <= len(samples):
            raise ValueError(
                f"The batch_size of Trainer.fit must lie between 1 and the {len(samples)} samples "
                f"there are, got {batch_size}."
            )
        if max_grad is not None and not max_grad > 0:
            raise ValueError(f"The max_grad of Trainer.fit must be above 0, or None, got {max_grad}.")
        if eval_interval is not None:
            checked_whole(eval_interval, "eval_interval", "Trainer.fit", otherwise=", or None for no list")
        self.eval_interval = eval_interval
        iterations = len(samples) // batch_size
        losses: list[float] = []
        started = time.perf_counter()
        for _ in range(max_epoch):
            order = self._rng.permutation(len(samples))
            for iteration in range(iterations):
                batch = order[iteration * batch_size : (iteration + 1) * batch_size]
                losses.append(self._step(samples[batch], answers[batch], max_grad))
                if eval_interval is not None and iteration % eval_interval == 0:
                    self._evaluate(losses, iteration + 1, iterations, time.perf_counter() - started)
                    losses.clear()
            self.current_epoch += 1

    def _step(self, x: Array, t: Array, max_grad: float | None) -> float:
        loss = float(self.model.forward(x, t))
        if not math.isfinite(loss):
            rate = getattr(self.optimizer, "lr", None)
            raise FloatingPointError(
                f"The loss became {loss} in epoch {self.current_epoch + 1}: take a learning "
                f"rate below {rate}, or limit the gradients with max_grad."
            )
        self.model.backward()
        params, grads = remove_duplicate(self.model.params, self.model.grads)
        if max_grad is not None:
            clip_grads(grads, max_grad)
        self.optimizer.update(params, grads)
        return loss

    def _evaluate(self, losses: list[float], iteration: int, iterations: int, seconds: float) -> None:
        loss = sum(losses) / len(losses)
        self.loss_list.append(loss)
        if self._report is not None:
            epoch = self.current_epoch + 1
            self._report(
                Evaluation(
                    epoch=epoch, iteration=iteration, iterations=iterations, seconds=seconds, loss=loss
                )
            )

    def plot(self, ylim: tuple[float, float] | None = None) -> Axes:
        """Draw `loss_list` as a curve and show it.

        Args:
            ylim: the lowest and highest loss on the vertical axis.

        Returns:
            The matplotlib axes, for saving or changing the picture.

        Raises:
            RuntimeError: there is no loss to draw.
            ImportError: matplotlib is not installed.
        """
        if not self.loss_list:
            raise RuntimeError("There is no loss to plot: call fit first, with an eval_interval.")
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise ImportError(
                "Trainer.plot draws with matplotlib: install it with pip install matplotlib, "
                "or read loss_list yourself."
            ) from error
        _, axes = plt.subplots()
        axes.plot(np.arange(len(self.loss_list)), self.loss_list, label="train")
        axes.set(xlabel=f"iterations (x {self.eval_interval})", ylabel="loss", ylim=ylim)
        axes.legend()
        plt.show()
        return axes
