import numpy as np
import pytest

from kotovec.layers import canonical_svd, create_co_matrix, ppmi, preprocess, randomized_svd

CORPUS, WORD_TO_ID, _ = preprocess("You say goodbye and I say hello.")
PAIRED = [3.168, 3.168, 2.703, 2.703, 1.514, 1.514, 0.0]
lapack_svd = np.linalg.svd


@pytest.fixture
def toy():
    return ppmi(create_co_matrix(CORPUS, len(WORD_TO_ID)))


def rotation(k, rng):
    return np.linalg.qr(rng.standard_normal((k, k))).Q


def turned_lapack(groups, rng):
    """Return an SVD as right as LAPACK's: within each group of equal singular values anything may turn."""

    def svd(M, full_matrices=True):
        U, S, V = lapack_svd(M, full_matrices=full_matrices)
        for start, stop in groups:
            turn = rotation(stop - start, rng)
            U[:, start:stop], V[start:stop] = U[:, start:stop] @ turn, turn.T @ V[start:stop]
        return U, S, V

    return svd


def test_the_singular_values_of_the_book_s_sentence_come_in_pairs(toy):
    U, S, V = canonical_svd(toy)
    assert np.allclose(S, PAIRED, rtol=0, atol=5e-4)
    assert U.dtype == S.dtype == V.dtype == np.float32
    assert np.allclose(U * S @ V, toy, rtol=0, atol=2e-6)


def test_words_of_the_book_s_sentence_lie_on_the_axes(toy):
    U, _, _ = canonical_svd(toy)
    first, second = ["you", "goodbye", "i", "hello"], ["say", "and", "."]
    assert U[WORD_TO_ID["you"], 0] == pytest.approx(0.341, abs=5e-4)
    assert U[WORD_TO_ID["goodbye"], :6] == pytest.approx(U[WORD_TO_ID["i"], :6], abs=1e-6)
    assert np.abs(U[[WORD_TO_ID[word] for word in first], 1]).max() < 1e-6
    assert np.abs(U[[WORD_TO_ID[word] for word in second], 0]).max() < 1e-6


TOY_GROUPS = [(0, 2), (2, 4), (4, 6), (6, 7)]


def test_the_same_answer_whatever_lapack_negates_swaps_or_turns(toy, monkeypatch, rng):
    expected = canonical_svd(toy)
    differences = []
    for _ in range(20):
        monkeypatch.setattr("numpy.linalg.svd", turned_lapack(TOY_GROUPS, rng))
        differences.append(np.abs(np.linalg.svd(toy)[0] - expected[0]).max())
        for found, wanted in zip(canonical_svd(toy), expected, strict=True):
            assert np.allclose(found, wanted, rtol=0, atol=1e-6)
    assert min(differences) > 0.1, "a LAPACK that turns nothing would prove nothing"


@pytest.mark.parametrize("shape", [(6, 6), (9, 6), (6, 9)])
def test_groups_of_three_and_of_zeros_have_one_answer_too(shape, monkeypatch, rng):
    m, n = shape
    S = np.array([5.0, 3.0, 3.0, 3.0, 0.0, 0.0])
    M = rotation(m, rng)[:, :6] * S @ rotation(n, rng)[:6]
    expected = canonical_svd(M)
    assert np.allclose(expected[0][:, :6] * expected[1] @ expected[2][:6], M, rtol=0, atol=1e-12)
    for square in (expected[0], expected[2]):
        assert np.allclose(square @ square.T, np.eye(len(square)), rtol=0, atol=1e-12)

    def svd(M):
        U, values, V = turned_lapack([(0, 1), (1, 4)], rng)(M)
        U[:, 4:], V[4:] = U[:, 4:] @ rotation(m - 4, rng), rotation(n - 4, rng) @ V[4:]
        return U, values, V

    monkeypatch.setattr("numpy.linalg.svd", svd)
    for found, wanted in zip(canonical_svd(M), expected, strict=True):
        assert np.allclose(found, wanted, rtol=0, atol=1e-11)


def test_singular_values_that_differ_are_kept_apart(rng):
    M = rotation(4, rng) * [3.0, 2.0, 1.0, 0.5] @ rotation(4, rng)
    U, S, V = canonical_svd(M)
    theirs = lapack_svd(M)
    assert np.allclose(np.abs(U), np.abs(theirs[0]), rtol=0, atol=1e-12)
    assert np.allclose(U * S @ V, M, rtol=0, atol=1e-12)
    for column in U.T:
        first = np.flatnonzero(np.abs(column) >= 0.1 * np.abs(column).max())[0]
        assert column[first] > 0


def test_of_words_with_equal_parts_the_first_fixes_the_axis(monkeypatch, rng):
    ring = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]])  # its words differ in nothing
    for _ in range(20):
        monkeypatch.setattr("numpy.linalg.svd", turned_lapack([(0, 2), (2, 4)], rng))
        U, S, _ = canonical_svd(ring)
        assert np.allclose(S, [2, 2, 0, 0], rtol=0, atol=1e-12)
        assert U[:, :2] == pytest.approx(np.eye(2)[[0, 1, 0, 1]] * 0.5**0.5, abs=1e-12)


def test_a_word_with_a_small_part_does_not_fix_the_axis():
    U, _, _ = canonical_svd(np.outer([-0.05, 1.0, -0.9], [1.0, 2.0]))
    assert np.sign(U[:, 0]).tolist() == [-1, 1, -1]


def test_a_matrix_of_zeros_or_of_whole_numbers_is_decomposed():
    U, S, V = canonical_svd(np.zeros((3, 3), dtype=int))
    assert U.tolist() == V.tolist() == np.eye(3).tolist()
    assert S.tolist() == [0, 0, 0]


@pytest.mark.parametrize("shape", [(60, 60), (80, 50), (50, 80)])
def test_randomized_svd_finds_the_largest_singular_values(shape, rng):
    m, n = shape
    M = rotation(m, rng)[:, :50] * 0.8 ** np.arange(50) @ rotation(n, rng)[:50]
    U, S, V = randomized_svd(M, n_components=8, n_iter=5, random_state=3)
    assert (U.shape, S.shape, V.shape) == ((m, 8), (8,), (8, n))
    assert np.allclose(S, 0.8 ** np.arange(8), rtol=1e-6, atol=0)
    best = lapack_svd(M)
    assert np.allclose(U * S @ V, best[0][:, :8] * best[1][:8] @ best[2][:8], rtol=0, atol=1e-4)
    assert np.allclose(U, canonical_svd(M)[0][:, :8], rtol=0, atol=1e-3)


def test_randomized_svd_finds_small_ones_beside_large_ones(rng):
    # Over two products their quotients grow to 1e18, kept apart only by right angles made afresh.
    M = rotation(60, rng)[:, :10] * 10.0 ** -np.arange(10) @ rotation(60, rng)[:10]
    _, S, _ = randomized_svd(M, n_components=8, n_iter=3, random_state=3)
    assert np.allclose(S, 10.0 ** -np.arange(8), rtol=1e-6, atol=0)


def test_a_large_group_of_zeros_stays_orthogonal(rng):
    M = rotation(80, rng)[:, :5] @ rotation(80, rng)[:5]
    for square in canonical_svd(M)[::2]:
        assert np.allclose(square @ square.T, np.eye(80), rtol=0, atol=1e-12)


def test_randomized_svd_of_all_components_is_the_whole(toy):
    U, S, V = randomized_svd(toy, n_components=7, random_state=1)
    assert U.dtype == S.dtype == V.dtype == np.float32
    assert np.allclose(S, PAIRED, rtol=0, atol=5e-4)
    assert np.allclose(U * S @ V, toy, rtol=0, atol=5e-6)


def test_randomized_svd_is_repeated_by_its_seed(rng):
    M = rng.standard_normal((40, 40))
    one, two, other = (randomized_svd(M, 3, n_iter=0, random_state=seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.allclose(one, other)
    assert randomized_svd(np.eye(3, dtype=int), 2)[1] == pytest.approx([1, 1], abs=1e-14)


@pytest.mark.parametrize("options", [{"n_components": 2.0}, {"n_components": 2, "n_iter": 1.5}])
def test_numbers_of_things_are_whole(options):
    with pytest.raises(TypeError, match=r"The n_\w+ of randomized_svd must be a whole number, got \d\.\d"):
        randomized_svd(np.ones((5, 8)), **options)


@pytest.mark.parametrize("n_components", [0, 6])
def test_more_components_than_there_are_are_explained(n_components):
    with pytest.raises(ValueError, match=rf"between 1 and the 5 singular .*got {n_components}"):
        randomized_svd(np.ones((5, 8)), n_components)


@pytest.mark.parametrize("decompose", [canonical_svd, lambda M: randomized_svd(M, 1)])
def test_what_is_no_matrix_is_explained(decompose):
    with pytest.raises(ValueError, match=r"_svd takes a matrix of shape \(m, n\), got shape \(3,\)"):
        decompose(np.ones(3))


@pytest.mark.parametrize("decompose", [canonical_svd, lambda M: randomized_svd(M, 1)])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_not_finite_is_explained(decompose, number):
    with pytest.raises(ValueError, match="takes finite numbers, but row 1 of M holds NaN or infinity"):
        decompose(np.array([[1.0, 2.0], [number, 3.0], [np.nan, 1.0]]))
