"""GloVe: the reference against numerical gradients, the kernel against the reference, whole trainings."""

from __future__ import annotations

import dataclasses
import threading

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.counting.cooccurrence import count
from kotovec.engines.cpu import glove_engine
from kotovec.engines.cpu.glove import run_cells
from kotovec.engines.cpu.glove_entries import (
    BLOCKS,
    Counts,
    Weighing,
    arrange,
    block_words,
    new_grid,
    position,
)
from kotovec.engines.cpu.rounds import CONTROL_SIZE, DONE
from kotovec.engines.reference.glove import (
    GloVeState,
    glove_gradients,
    glove_loss,
    glove_step,
    glove_weight,
    new_glove_state,
)

X_MAX, ALPHA, RATE = 4.0, 0.75, 0.05
MODEL = kv.GloVe(vector_size=9, window=5, x_max=X_MAX, alpha=ALPHA, learning_rate=RATE)


def sentences(seed=5, words=300, number=300):
    rng = np.random.default_rng(seed)
    return [[f"w{min(int(i), words)}" for i in rng.zipf(1.3, int(n))] for n in rng.integers(1, 60, number)]


@pytest.fixture(scope="module")
def corpus():
    with kv.Corpus.open(sentences(), min_count=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def counts(corpus):
    counted = count(corpus, window=5, distance_weighting="harmonic", workers=1)
    return Counts(counted.offsets, counted.columns, counted.values)


def arranged(counts, dtype=np.float64, workers=1):
    grid = new_grid(len(counts.offsets) - 1, 2**18 // 8)  # many tiles, of 8 words
    assert grid.tiles > 1 or len(counts.offsets) <= 8 * BLOCKS
    return arrange(counts, grid, Weighing(np.log(X_MAX), ALPHA), dtype, workers)


def with_words(entries, words):
    """Return the entries of every cell as (row, column, log, weight), words instead of numbers in blocks."""
    cells = []
    for cell in range(BLOCKS * BLOCKS):
        at = slice(entries.starts[cell], entries.starts[cell + 1])
        rows = entries.rows[at].astype(int) * BLOCKS + cell // BLOCKS
        columns = entries.columns[at].astype(int) * BLOCKS + cell % BLOCKS
        cells.append(list(zip(rows, columns, entries.logs[at], entries.weights[at], strict=True)))
    assert all(row < words and column < words for cell in cells for row, column, *_ in cell)
    return cells


def state_of(sides, words, size):
    """Return what the kernel holds as the reference's state."""
    place, width = position(words), sides.rates.shape[1]
    W, C = sides.W[place], sides.C[place]

    def parts(start):
        side = slice(start, start + size)
        return W[:, side], C[:, side], W[:, start + size], C[:, start + size + 1]

    w_in, w_out, b_in, b_out = (part.copy() for part in parts(0))
    squares = tuple(part.copy() for part in parts(width))
    return GloVeState(w_in=w_in, w_out=w_out, b_in=b_in, b_out=b_out, squares=squares)


def play(counts, epochs, workers=1, dtype=np.float64, model=MODEL, sides=None):
    """Train on counts; return the sides before and after, the entries, the turns and the losses."""
    words = len(counts.offsets) - 1
    entries = arranged(counts, dtype=dtype)
    sides = sides or glove_engine.new_sides(model, words, 1, dtype)
    before = type(sides)(*(part.copy() for part in sides))
    turns = glove_engine.new_turns(epochs, 1)
    control, losses = np.zeros(CONTROL_SIZE, np.int64), np.zeros((epochs, BLOCKS, 2))
    arguments = (control, entries, sides, turns, losses)
    glove_engine.run_workers(run_cells, [arguments] * workers, None, None)
    assert control[DONE] == epochs * len(counts.columns)
    return before, sides, entries, turns, losses


def test_the_reference_has_the_gradients_of_its_loss():
    state, count_, step = new_glove_state(5, 4, 0), 3.0, 1e-6
    slope = glove_gradients(state, 1, 2, count_, X_MAX, ALPHA)
    moved = ((state.w_in[1], slope[0]), (state.w_out[2], slope[1]))
    moved += ((state.b_in[1:2], slope[2:]), (state.b_out[2:3], slope[2:]))
    for values, gradient in moved:
        for at in range(len(values)):
            held, losses = values[at], []
            for sign in (1, -1):
                values[at] = held + sign * step
                losses.append(glove_loss(state, 1, 2, count_, X_MAX, ALPHA))
            values[at] = held
            assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(gradient[at], rel=1e-7)


def test_the_first_step_of_the_reference_is_gradient_descent_and_the_second_is_shorter():
    state = new_glove_state(2, 3, 0)
    options = {"x_max": X_MAX, "alpha": ALPHA, "learning_rate": RATE, "bias_rate": 1.0}
    for squares in (1.0, None):
        before = dataclasses.replace(state, w_in=state.w_in.copy(), squares=state.squares)
        gradient = glove_gradients(state, 0, 1, 2.0, X_MAX, ALPHA)[0] * RATE
        root = np.sqrt(state.squares[0][0].copy()) if squares is None else 1.0
        held = state.squares[0][0].copy()
        glove_step(state, [(0, 1, 2.0)], **options)
        np.testing.assert_allclose(before.w_in[0] - state.w_in[0], gradient / root, rtol=1e-12)
        np.testing.assert_allclose(state.squares[0][0], held + gradient**2, rtol=1e-15)
    assert (root > 1).all()


@pytest.mark.parametrize(("count_", "weight"), [(X_MAX, 1.0), (1000.0, 1.0), (X_MAX / 16, 0.125)])
def test_weights_are_those_of_the_paper(count_, weight):
    assert glove_weight(count_, X_MAX, ALPHA) == pytest.approx(weight, rel=1e-14)


def test_every_count_is_in_its_cell_once(counts):
    words = len(counts.offsets) - 1
    entries = arranged(counts)
    learned = sorted(entry for cell in with_words(entries, words) for entry in cell)
    rows = np.repeat(np.arange(words), np.diff(counts.offsets))
    weights = [glove_weight(x, X_MAX, ALPHA) for x in counts.values]
    truth = sorted(zip(rows, counts.columns, np.log(counts.values), weights, strict=True))
    np.testing.assert_allclose(np.array(learned), np.array(truth), rtol=1e-12)


def test_the_order_does_not_depend_on_the_workers(counts):
    for left, right in zip(arranged(counts), arranged(counts, workers=3), strict=True):
        np.testing.assert_array_equal(left, right)


def test_an_epoch_joins_every_block_with_every_other_once():
    shifts = glove_engine.new_turns(3, 1).shifts
    np.testing.assert_array_equal(np.sort(shifts, axis=1), np.tile(np.arange(BLOCKS), (3, 1)))
    assert (shifts[0] != shifts[1]).any()


def test_the_kernel_in_float64_is_the_reference_walked_in_the_same_order(counts):
    words, size = len(counts.offsets) - 1, MODEL.vector_size
    before, after, entries, turns, losses = play(counts, epochs=2, workers=2)
    state, truth = state_of(before, words, size), np.zeros((2, BLOCKS))
    cells = with_words(entries, words)
    rates = {"learning_rate": RATE, "bias_rate": glove_engine.BIAS_RATE}
    for epoch, turn in np.ndindex(turns.shifts.shape):
        for p in range(BLOCKS):
            cell = cells[p * BLOCKS + (p + turns.shifts[epoch, turn]) % BLOCKS]
            entries = [(row, column, float(np.exp(log))) for row, column, log, _ in cell]
            truth[epoch, p] += glove_step(state, entries, x_max=X_MAX, alpha=ALPHA, **rates)
    np.testing.assert_allclose(losses[..., 0], truth, rtol=1e-10)
    learned = state_of(after, words, size)
    for name in ("w_in", "w_out", "b_in", "b_out"):
        np.testing.assert_allclose(getattr(learned, name), getattr(state, name), rtol=0, atol=1e-10)
    for ours, theirs in zip(learned.squares, state.squares, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_ones_and_padding_stay_what_they_are(counts):
    words, size = len(counts.offsets) - 1, MODEL.vector_size
    _, sides, *_ = play(counts, epochs=1)
    place = position(words)
    assert (sides.W[place, size + 1] == 1).all()
    assert (sides.C[place, size] == 1).all()
    width = sides.rates.shape[1]
    assert not sides.W[:, size + 2 : width].any()
    assert not sides.C[:, size + 2 : width].any()


def test_the_exact_solution_has_no_loss_and_stays(counts):
    """Biases and vectors whose sums are the logarithms of the counts, counts that have such a solution."""
    words, size = len(counts.offsets) - 1, MODEL.vector_size
    sides = glove_engine.new_sides(MODEL, words, 1, np.float64)
    state = state_of(sides, words, size)
    rows = np.repeat(np.arange(words), np.diff(counts.offsets))
    logs = np.einsum("nh,nh->n", state.w_in[rows], state.w_out[counts.columns])
    logs += state.b_in[rows] + state.b_out[counts.columns]
    before, after, *_, losses = play(counts._replace(values=np.exp(logs)), epochs=1, sides=sides)
    assert losses[..., 0].sum() < 1e-20
    np.testing.assert_allclose(after.W, before.W, atol=1e-12)


def test_vectors_are_identical_at_every_worker_count_and_in_every_run(corpus):
    runs = [kv.train(MODEL, corpus, epochs=3, workers=workers, seed=9) for workers in (1, 2, 8, 1)]
    for run in runs[1:]:
        np.testing.assert_array_equal(run.input_vectors.matrix, runs[0].input_vectors.matrix)
        np.testing.assert_array_equal(run.output_vectors.matrix, runs[0].output_vectors.matrix)
        assert run.loss == runs[0].loss
    other = kv.train(MODEL, corpus, epochs=3, seed=10)
    assert (other.vectors.matrix != runs[0].vectors.matrix).any()


def test_the_vectors_are_the_sums_of_both_sides_and_the_loss_falls(corpus):
    run = kv.train(kv.GloVe(vector_size=20, learning_rate=0.1), corpus, epochs=8)
    both = run.input_vectors.matrix + run.output_vectors.matrix
    np.testing.assert_array_equal(run.vectors.matrix, both)
    assert all(later < earlier for earlier, later in zip(run.loss, run.loss[1:], strict=False))
    assert run.loss[-1] < run.loss[0] / 2
    assert run.count_seconds > 0


def test_words_of_the_same_company_come_near_each_other():
    rng = np.random.default_rng(2)
    text = []
    for _ in range(3000):
        pets, food = rng.choice(["cat", "dog"]), rng.choice(["bread", "rice"])
        verbs = {"cat": ["feed", "stroke", "call"], "bread": ["bake", "cut", "eat"]}
        text.append(["we", str(rng.choice(verbs["cat"])), "the", str(pets), "gently"])
        text.append(["you", str(rng.choice(verbs["bread"])), "some", str(food), "quickly"])
    vectors = kv.train(kv.GloVe(vector_size=8, window=4), text, min_count=1, epochs=40).vectors
    assert vectors.similarity("cat", "dog") > vectors.similarity("cat", "bread") + 0.3
    assert vectors.similarity("bread", "rice") > vectors.similarity("dog", "rice") + 0.3


def test_numbers_that_are_not_finite_stop_the_training(corpus, monkeypatch):
    begin = glove_engine.new_sides

    def poisoned(*arguments):
        sides = begin(*arguments)
        sides.W[0, 0] = np.nan
        return sides

    monkeypatch.setattr(glove_engine, "new_sides", poisoned)
    with pytest.raises(kv.TrainingError, match=r"no longer finite.*smaller learning_rate than 0\.05"):
        kv.train(MODEL, corpus, epochs=2)


def test_steps_that_are_too_long_are_divergence(corpus):
    with pytest.raises(kv.TrainingError, match="use a smaller learning_rate than 10"):
        kv.train(kv.GloVe(learning_rate=10), corpus, epochs=3)


def test_an_interrupt_stops_the_workers(corpus):
    looks = []

    def interrupt(look):
        if look.stage == "train":
            looks.append(look)
            raise KeyboardInterrupt

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        kv.train(kv.GloVe(vector_size=300), corpus, epochs=100_000, progress=interrupt)
    assert threading.active_count() == threads
    assert 0 <= looks[0].done < looks[0].total == 100_000 * len(corpus)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x_max": 0}, "'x_max' parameter of GloVe must be a number"),
        ({"alpha": 1.5}, r"'alpha' parameter of GloVe must be a number in the range \[0, 1\]"),
        ({"learning_rate": float("nan")}, "'learning_rate' parameter of GloVe"),
        ({"window": 0}, "'window' parameter of GloVe must be an int"),
        ({"representation": "both"}, "'representation' parameter of GloVe must be 'input'"),
    ],
)
def test_options_that_cannot_work_are_refused(options, message):
    with pytest.raises(kv.OptionError, match=message):
        kv.GloVe(**options)


def test_free_running_is_refused(corpus):
    with pytest.raises(kv.OptionError, match="GloVe is as fast when it is reproducible"):
        kv.train(MODEL, corpus, reproducible=False)


def test_blocks_hold_every_word_once():
    for words in (1, 31, 32, 33, 1000):
        places = position(words)
        assert len(set(places.tolist())) == words
        assert places.max() < BLOCKS * block_words(words)
