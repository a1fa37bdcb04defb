"""train(): the same bits whoever does the work, honest losses, and clean stops."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.cpu import engine, job
from kotovec.engines.cpu.chunk import CHUNK
from kotovec.engines.cpu.scales import Round
from kotovec.engines.cpu.settling import ROUND
from kotovec.models.representation import REPRESENTATIONS


def sentences(number=1500, words=300, seed=0):
    """Sentences about topics: each draws its words from one of ten groups, so there is something to learn."""
    rng = np.random.default_rng(seed)
    names = [f"w{i}" for i in range(words)]
    group = words // 10
    out = []
    for _ in range(number):
        topic = int(rng.integers(10))
        picks = np.minimum(rng.geometric(0.1, int(rng.integers(1, 25))) - 1, group - 1)
        out.append([names[topic * group + int(pick)] for pick in picks])
    return out


@pytest.fixture(scope="module")
def corpus():
    with kv.Corpus.open(sentences(), min_count=1) as opened:
        yield opened


def digest(run):
    return hashlib.sha256(run.vectors.matrix.tobytes() + run.output_vectors.matrix.tobytes()).hexdigest()


MODELS = [
    kv.SkipGram(vector_size=20),
    kv.CBOW(vector_size=20),
    kv.CBOW(vector_size=20, cbow_gradient="word2vec", learning_rate=0.05),
    kv.SkipGram(vector_size=20, tied=True),
    kv.CBOW(vector_size=20, tied=True),
]


@pytest.mark.parametrize(
    "model", MODELS, ids=["skipgram", "cbow", "cbow word2vec", "skipgram tied", "cbow tied"]
)
@pytest.mark.parametrize("chunks", [1, 5, ROUND])
@pytest.mark.usefixtures("mean_known_soon")
def test_vectors_are_identical_at_every_worker_count(corpus, model, chunks, monkeypatch):
    monkeypatch.setattr(job, "round_of", lambda model, tokens: Round(chunks, CHUNK))
    runs = [kv.train(model, corpus, epochs=2, workers=workers) for workers in (1, 2, 3, 8, 1)]
    assert len({digest(run) for run in runs}) == 1
    assert len({run.loss for run in runs}) == 1
    other = kv.train(model, corpus, epochs=2, workers=2, seed=2)
    assert digest(other) != digest(runs[0])


@pytest.mark.parametrize("chunks", [1, ROUND], ids="{} chunks".format)
@pytest.mark.usefixtures("mean_known_soon")
def test_vectors_are_identical_at_every_worker_count_over_many_blocks(chunks, monkeypatch):
    """One chunk in a round makes more rounds in a block than they have names."""
    monkeypatch.setattr(job, "round_of", lambda model, tokens: Round(chunks, CHUNK))
    long = [[f"w{(i * i + i // 7) % 97}" for i in range(300_000)]]
    with kv.Corpus.open(long, min_count=1) as corpus:
        digests = {
            digest(kv.train(kv.SkipGram(vector_size=8), corpus, epochs=1, workers=n)) for n in (1, 2, 8)
        }
    assert len(digests) == 1


@pytest.mark.parametrize(
    "model", MODELS[:2] + MODELS[3:], ids=["skipgram", "cbow", "skipgram tied", "cbow tied"]
)
@pytest.mark.parametrize("reproducible", [True, False])
def test_words_of_one_topic_come_to_lie_together(corpus, model, reproducible):
    run = kv.train(model, corpus, epochs=30, reproducible=reproducible)
    hits = 0
    for topic in range(10):
        found = run.vectors.most_similar(f"w{topic * 30 + 3}", top=5)
        hits += sum(int(each.word[1:]) // 30 == topic for each in found)
    assert hits >= 40, f"only {hits} of 50 neighbours share the topic"
    assert run.loss[-1] < run.loss[0]


def test_the_loss_starts_at_six_times_ln_2(corpus):
    """W_out is zero at first: one positive and five negatives, each worth ln 2 (the book's 4.159)."""
    for kind in (kv.SkipGram, kv.CBOW):
        run = kv.train(
            kind(vector_size=8, learning_rate=1e-6, last_learning_rate=0.0, shared_negatives=64),
            corpus,
            epochs=1,
        )
        # A negative that equals the word asked for is not asked; in 300 skewed words that is a few percent.
        assert 0.94 * 6 * math.log(2) < run.loss[0] < 6 * math.log(2) + 1e-3


def test_history_and_report_agree_with_the_run(corpus):
    run = kv.train(kv.SkipGram(vector_size=8), corpus, epochs=3)
    assert len(run.loss) == 3
    assert run.loss_history[-1][0] == run.tokens * 3 == len(corpus) * 3
    report = json.loads(json.dumps(run.report(), allow_nan=False))
    assert report["tokens"] == len(corpus)
    assert report["vocabulary_size"] == len(run.vectors) == 300
    assert report["words_per_second"] == pytest.approx(run.tokens * 3 / run.seconds)
    assert set(report["seconds"]) == {"read", "compile", "count", "train"}
    assert report["model"]["name"] == "skipgram"
    assert report["model"]["vector_size"] == 8
    assert report["peak_memory_bytes"] > 10_000_000


def test_equal_runs_give_equal_files(tmp_path, corpus):
    for name, workers in (("a", 1), ("b", 2)):
        kv.train(kv.SkipGram(vector_size=8), corpus, workers=workers).vectors.save(
            tmp_path / f"{name}.safetensors"
        )
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("reproducible", [True, False])
def test_divergence_names_the_step_and_the_learning_rate(corpus, monkeypatch, reproducible):

    start = job.start_matrices

    def poisoned(*arguments):
        matrices = start(*arguments)
        matrices[0][0, 0] = np.inf
        return matrices

    monkeypatch.setattr(job, "start_matrices", poisoned)
    with pytest.raises(
        kv.TrainingError, match=r"after [\d,]+ of 37,888 tokens, at learning rate 0.0\d+, .*smaller"
    ):
        kv.train(kv.SkipGram(), corpus, epochs=2, reproducible=reproducible)


@pytest.mark.parametrize(
    ("model", "rate", "shared"),
    [
        (kv.SkipGram(), 0.05, 32),
        (kv.SkipGram(negative=15), 0.05, 45),
        (kv.SkipGram(window=2), 0.05, 32),
        (kv.SkipGram(negative=10), 0.05, 32),
        (kv.SkipGram(negative=11), 0.05, 45),
        (kv.SkipGram(window=20), 0.04, 45),
        (kv.SkipGram(negative=20, window=10), 0.022, 60),
        (kv.SkipGram(tied=True), 0.05, 31),
        (kv.SkipGram(loss="softmax", window=20), 0.05, 32),
        (kv.CBOW(), 0.25, 16),
        (kv.CBOW(window=50), 0.25, 16),
        (kv.CBOW(negative=15), 0.25, 48),
        (kv.CBOW(negative=25, window=8, sample=1e-4), 0.19, 64),
        (kv.CBOW(loss="hierarchical_softmax"), 0.1, 16),
        (kv.CBOW(cbow_gradient="word2vec"), 0.05, 16),
        (kv.SkipGram(negative=15, learning_rate=0.1), 0.1, 45),
        (kv.SkipGram(negative=15, shared_negatives=16), 0.05, 16),
        (kv.SkipGram(window=1000, negative=1000), 5e-06, 60),
    ],
)
def test_rate_and_shared_negatives_are_chosen_by_how_many_questions_are_asked(model, rate, shared):
    assert (model.learning_rate, model.shared_negatives) == (rate, shared)
    assert type(model)(**asdict(model)) == model


@pytest.mark.parametrize(
    "model",
    [
        kv.SkipGram(vector_size=np.int64(8), window=np.int32(2), negative=np.uint8(3), sample=np.float32(0)),
        kv.CBOW(vector_size=np.int64(8), learning_rate=Fraction(1, 10), shared_negatives=np.int64(20)),
        kv.GloVe(vector_size=np.int64(8), x_max=np.float32(9), window=np.int16(3)),
        kv.PPMISVD(vector_size=np.int64(2), shift=np.float32(0.5), sample=Fraction(1, 2)),
    ],
    ids=lambda model: model.name,
)
def test_numbers_of_other_libraries_are_kept_as_pythons_own(model, tmp_path):
    sentences = [["you", "say", "goodbye", "and", "i", "say", "hello"]] * 50
    how = {"epochs": np.int64(1), "seed": np.uint8(3), "workers": np.int32(1)}
    run = kv.train(model, sentences, **how)
    assert {type(value) for value in asdict(model).values()} <= {int, float, str, bool}
    run.vectors.save(tmp_path / "v.safetensors")
    assert json.loads(kv.load(tmp_path / "v.safetensors").metadata["run"])["seed"] == 3
    json.dumps(run.report())


def test_a_progress_that_cannot_be_called_is_told_before_training():
    with pytest.raises(kv.OptionError, match=r"'progress' parameter of train must be a function .* Got 5"):
        kv.train(kv.SkipGram(), [["a", "b"]] * 9, progress=5)


def test_a_number_beyond_every_float_is_out_of_range():
    with pytest.raises(
        kv.OptionError, match=r"'learning_rate' parameter of CBOW must be a number in the range"
    ):
        kv.CBOW(learning_rate=10**400)


def test_tied_weights_with_another_loss_are_told_of_the_loss():
    with pytest.raises(kv.OptionError, match="tied=True goes with loss='negative_sampling'"):
        kv.SkipGram(tied=True, loss="softmax")


@pytest.mark.parametrize(
    ("rate", "advice"),
    [
        (0.05, "use a smaller learning_rate"),
        (0.3, "use a learning_rate of at most 0.12, which goes with these"),
    ],
)
def test_an_epoch_that_blew_up_and_came_down_again_is_an_error(monkeypatch, rate, advice):
    learned = engine.run_workers

    def blown_up(loop, arguments, *others):
        learned(loop, arguments, *others)
        losses = arguments[0][-2].loss
        losses[: len(losses) // 3, 0] *= 3

    monkeypatch.setattr(engine, "run_workers", blown_up)
    text = [["you", "say", "goodbye", "and", "i", "say", "hello"]] * 500
    model = kv.SkipGram(sample=0, window=6, learning_rate=rate)
    with pytest.raises(
        kv.TrainingError, match=rf"diverged: in epoch 1 of 3 the loss per pair was 1\d.*{advice}"
    ):
        kv.train(model, text, epochs=3)


def test_one_word_nearly_everywhere_is_no_divergence_of_the_tree():
    # Subsampling takes most of it away, and so the paths that are left are long.
    words = ["the"] * 20_000 + [f"w{i % 500}" for i in range(2_000)]
    np.random.default_rng(1).shuffle(words)
    text = [words[at : at + 20] for at in range(0, len(words), 20)]
    run = kv.train(kv.SkipGram(loss="hierarchical_softmax", vector_size=8), text, epochs=2, min_count=1)
    assert run.loss[-1] > 3


def test_the_loss_of_many_epochs_is_not_that_of_one_place_alone():
    # The first 60 words have no context, and everything else has.
    text = [[f"w{i % 9}"] for i in range(60)] + [[f"w{i % 9}" for i in range(9)]] * 30
    run = kv.train(kv.SkipGram(vector_size=4, sample=0), text, epochs=400, min_count=1)
    assert all(loss > 0 for loss in run.loss)


@pytest.fixture(scope="module")
def zipf():
    """Return a corpus with a language's share of rare words; where all are frequent, nothing overshoots."""
    shares = 1 / np.arange(1, 10_001)
    ids = np.random.default_rng(0).choice(len(shares), 200_000, p=shares / shares.sum()).reshape(-1, 20)
    return kv.Corpus.open([[f"w{word_id}" for word_id in sentence] for sentence in ids.tolist()])


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
def test_many_negatives_train_by_default(kind, zipf):
    run = kv.train(kind(negative=25), zipf, epochs=3)
    assert run.loss[1] < 4.5, "what overshoots in the first epoch has a loss of 4.9 to 5.7 in the second"
    assert run.loss[-1] < run.loss[1]


def test_many_free_workers_learn_as_much_as_the_rounds(zipf):
    in_rounds = kv.train(kv.SkipGram(), zipf, epochs=2)
    freely = kv.train(kv.SkipGram(), zipf, epochs=2, workers=8, reproducible=False)
    assert freely.loss[1] < 1.15 * in_rounds.loss[1], "1.3 where each has a mean of its own"


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
def test_a_short_text_is_not_held_back_by_many_free_workers(kind, corpus):
    """Each has a chunk at any time, and all together must not ask more of a word than it can bear."""
    few, many = (
        kv.train(kind(vector_size=20), corpus, epochs=5, workers=workers, reproducible=False)
        for workers in (2, 64)
    )
    assert many.loss[-1] < 1.05 * few.loss[-1], "1.4 and more where all 64 run"


def test_an_interrupt_stops_the_workers_and_is_passed_on():
    import threading

    def interrupt(look):
        if look.stage == "train":
            raise KeyboardInterrupt

    endless = [[f"w{i % 50}" for i in range(100_000)]]
    for reproducible in (True, False):
        with pytest.raises(KeyboardInterrupt):
            kv.train(
                kv.SkipGram(vector_size=300), endless, epochs=1000, workers=2, progress=interrupt,
                reproducible=reproducible,
            )  # fmt: skip
    assert threading.active_count() == 1 or all(
        "learn" not in thread.name for thread in threading.enumerate()
    )


def test_progress_is_told_in_order(corpus):
    looks = []
    kv.train(kv.SkipGram(vector_size=100), corpus, epochs=40, progress=looks.append)
    training = [look for look in looks if look.stage == "train"]
    assert training
    assert [look.done for look in training] == sorted(look.done for look in training)
    assert training[-1].done == training[-1].total == len(corpus) * 40
    assert 0 <= training[0].learning_rate <= kv.SkipGram().learning_rate
    assert training[-1].loss > 0


@pytest.mark.parametrize("vector_size", [1, 15, 16, 17, 100])
def test_every_vector_size_trains(corpus, vector_size):
    run = kv.train(kv.SkipGram(vector_size=vector_size), corpus, epochs=1)
    assert run.vectors.matrix.shape == (300, vector_size)
    assert np.isfinite(run.vectors.matrix).all()


def test_subsampling_can_be_switched_off_and_windows_can_be_wide(corpus):
    for model in (kv.SkipGram(sample=0, window=60), kv.CBOW(sample=0, window=60)):
        assert np.isfinite(kv.train(model, corpus, epochs=1).vectors.matrix).all()


def test_tiny_texts_train():
    for text in ([["a", "b"]], [["a", "a", "a"]], [["a", "b"], ["c"]]):
        run = kv.train(kv.SkipGram(sample=0), text, min_count=1)
        assert np.isfinite(run.vectors.matrix).all()
        assert all(math.isfinite(loss) for loss in run.loss)


def test_one_word_sentences_are_refused_because_they_have_no_context():
    with pytest.raises(kv.CorpusError, match="at least two words"):
        kv.train(kv.SkipGram(), [["a"], ["b"]] * 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, r"'epochs' parameter of train must be an int in the range \[1, 100000\]. Got 0"),
        ({"workers": 0}, "'workers' parameter of train"),
        ({"seed": -1}, "'seed' parameter of train"),
        ({"reproducible": 1}, "'reproducible' parameter of train must be True or False"),
        ({"min_count": 3}, "min_count cannot be given to train together with a Corpus"),
    ],
)
def test_options_that_cannot_work_are_named(corpus, options, message):
    with pytest.raises(kv.OptionError, match=message):
        kv.train(kv.SkipGram(), corpus, **options)


def test_a_model_that_is_no_model_is_refused(corpus):
    with pytest.raises(kv.OptionError, match="must be a SkipGram"):
        kv.train("skipgram", corpus)


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vector_size", 0), ("vector_size", 1.5), ("window", 0), ("window", True), ("negative", 0),
        ("shared_negatives", 0), ("sample", -1), ("sample", float("nan")), ("learning_rate", 0),
        ("learning_rate", float("inf")), ("learning_rate", "fast"), ("last_learning_rate", -1),
        ("negative_exponent", None),
    ],
)  # fmt: skip
def test_models_refuse_values_that_cannot_work(kind, name, value):
    with pytest.raises(kv.OptionError, match=f"'{name}' parameter of {kind.__name__} must be"):
        kind(**{name: value})


def test_cbow_gradient_is_a_choice_of_words():
    with pytest.raises(kv.OptionError, match="'exact' or 'word2vec'"):
        kv.CBOW(cbow_gradient="wrong")


def test_the_representation_is_the_matrix_that_was_asked_for(corpus):
    by_name = {
        name: kv.train(kv.SkipGram(vector_size=8, representation=name), corpus, epochs=1)
        for name in REPRESENTATIONS
    }
    sides = by_name["mean"]
    w_in, w_out = sides.input_vectors.matrix, sides.output_vectors.matrix
    assert not np.array_equal(w_in, w_out)
    np.testing.assert_array_equal(by_name["input"].vectors.matrix, w_in)
    np.testing.assert_array_equal(by_name["output"].vectors.matrix, w_out)
    np.testing.assert_array_equal(sides.vectors.matrix, (w_in + w_out) / np.float32(2))
    np.testing.assert_array_equal(by_name["sum"].vectors.matrix, w_in + w_out)
    np.testing.assert_array_equal(by_name["blend"].vectors.matrix, w_in + w_out / 4)
    np.testing.assert_array_equal(by_name["concatenate"].vectors.matrix, np.hstack([w_in, w_out]))
    with pytest.raises(kv.OptionError, match="'input' or 'output' or 'sum' or 'mean'"):
        kv.SkipGram(representation="both")


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_every_representation_is_saved_and_loaded_bit_for_bit(corpus, tmp_path, kind, name):
    run = kv.train(kind(vector_size=8, representation=name), corpus, epochs=1)
    run.vectors.save(tmp_path / "v.safetensors")
    loaded = kv.load(tmp_path / "v.safetensors")
    assert loaded.matrix.tobytes() == run.vectors.matrix.tobytes()
    assert loaded.vector_size == (16 if name == "concatenate" else 8)
    assert json.loads(loaded.metadata["model"])["representation"] == loaded.metadata["matrix"] == name


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
def test_one_matrix_has_one_negative_where_nothing_else_is_said(kind):
    assert (kind().negative, kind(tied=True).negative, kind(tied=True, negative=4).negative) == (5, 1, 4)


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
def test_one_matrix_with_several_negatives_learns_in_smaller_steps(kind):
    usual = kind().learning_rate
    assert kind(tied=True).learning_rate == usual
    assert kind(tied=True, negative=7).learning_rate == float(f"{usual / 2:.2g}")
    assert kind(tied=True, negative=7, learning_rate=0.3).learning_rate == 0.3


@pytest.mark.parametrize("loss", ["softmax", "hierarchical_softmax", "negative_sampling"])
def test_a_vocabulary_of_one_word_can_be_trained(loss):
    run = kv.train(kv.SkipGram(loss=loss, sample=0, vector_size=8), [["a"] * 30] * 10)
    assert list(run.vectors.words) == ["a"]


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
def test_tied_weights_are_one_matrix_that_is_both_input_and_output(corpus, tmp_path, kind):
    run = kv.train(kind(vector_size=8, tied=True), corpus, epochs=1)
    np.testing.assert_array_equal(run.input_vectors.matrix, run.output_vectors.matrix)
    np.testing.assert_array_equal(run.vectors.matrix, run.input_vectors.matrix)
    untied = kv.train(kind(vector_size=8, representation="input"), corpus, epochs=1)
    assert not np.array_equal(run.vectors.matrix, untied.vectors.matrix)
    run.vectors.save(tmp_path / "v.safetensors")
    assert json.loads(kv.load(tmp_path / "v.safetensors").metadata["model"])["tied"] is True


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
@pytest.mark.parametrize("name", ["output", "sum", "concatenate"])
def test_tied_weights_leave_no_choice_of_a_matrix(kind, name):
    with pytest.raises(kv.OptionError, match=f"tied=True .* has one matrix.*leave representation='{name}'"):
        kind(tied=True, representation=name)
    assert kind(tied=True).representation == "input"


def test_tied_is_a_yes_or_a_no():
    with pytest.raises(kv.OptionError, match=r"'tied' parameter of CBOW must be True or False\. Got 1"):
        kv.CBOW(tied=1)


def test_vectors_that_predict_worse_than_none_are_not_handed_out(corpus, monkeypatch):

    def far_off(*arguments):
        W, *_ = matrices = start(*arguments)
        W[0::2, 0], W[1::2, 0] = 100, -100
        return matrices

    start = job.start_matrices
    monkeypatch.setattr(job, "start_matrices", far_off)
    with pytest.raises(kv.TrainingError, match=r"loss per pair was .* know nothing have 4.159.* rate 1e-06;"):
        kv.train(kv.SkipGram(learning_rate=1e-6, last_learning_rate=0), corpus, epochs=1)


def test_a_training_that_saw_no_pair_is_not_passed_off_as_one():
    with pytest.raises(kv.TrainingError, match="sample=0 instead of 1e-09"):
        kv.train(kv.SkipGram(sample=1e-9), [["a", "b"]] * 20, epochs=1)


SINGLES = [[f"w{i % 500}"] for i in range(30_000)]
"""Sentences of one word, which teach nothing."""


@pytest.mark.parametrize(
    "model",
    [kv.SkipGram(sample=0), kv.CBOW(), kv.CBOW(loss="hierarchical_softmax"), kv.SkipGram(loss="softmax")],
    ids=lambda model: f"{model.name} {model.loss}",
)
@pytest.mark.parametrize("pairs", [1, 50])
def test_few_pairs_in_a_long_text_are_measured_in_every_epoch(model, pairs):
    """The loss is measured on some chunks; where nearly all of them have no pair, it must be on all."""
    text = [*SINGLES[:20_000], *([[f"w{i}", f"w{i + 1}"] for i in range(pairs)]), *SINGLES]
    run = kv.train(model, text, min_count=1, epochs=6)
    assert len(run.loss) == 6
    assert all(math.isfinite(loss) for loss in run.loss)


def test_a_message_never_holds_the_whole_text():
    with pytest.raises(kv.OptionError, match=r"must be a SkipGram.* Got \[\['w0'.*\.\.\.\]") as caught:
        kv.train(SINGLES, kv.SkipGram())
    assert len(str(caught.value)) < 400
