"""Which word vectors are alike: cosine, the nearest words, and analogies."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

import numpy as np
import numpy.typing as npt

from .checks import Array, checked_names, checked_report, checked_whole, checked_word, checked_word_matrix

Report = Callable[[str], object] | None


def cos_similarity(x: npt.ArrayLike, y: npt.ArrayLike, eps: float = 1e-8) -> float:
    """Return the cosine of the angle between two vectors: 1 the same way, 0 at right angles, -1 opposite.

    Args:
        x: (H,) numbers.
        y: (H,) numbers.
        eps: is added to both lengths, so that a vector of zeros is like nothing (0) instead of an error.

    Raises:
        ValueError: `x` and `y` are not vectors of one length.
        TypeError: one of them is a word.

    The book's section 2.3.5.

    >>> from .counting import create_co_matrix
    >>> C = create_co_matrix([0, 1, 2, 3, 4, 1, 5, 6], vocab_size=7)
    >>> round(cos_similarity(C[0], C[4]), 4)   # "you" and "i"
    0.7071
    """
    for vector in (x, y):
        if isinstance(vector, str):
            raise TypeError(
                f"cos_similarity compares vectors, got the word {vector!r}: its vector is "
                "word_matrix[word_to_id[word]]."
            )
    # Whole numbers are multiplied as float64, because the squares of large counts do not fit into int32.
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            f"cos_similarity compares two vectors of one length (H,), got shapes {first.shape} and "
            f"{second.shape}."
        )
    return float(first / (np.linalg.norm(first) + eps) @ (second / (np.linalg.norm(second) + eps)))


def most_similar(
    query: str,
    word_to_id: Mapping[str, int],
    id_to_word: Mapping[int, str],
    word_matrix: npt.ArrayLike,
    top: int = 5,
    *,
    report: Report = None,
) -> list[tuple[str, float]]:
    """Return the words whose vectors point most nearly the same way as the query's, the nearest first.

    Args:
        query: a word of `word_to_id`; it is not among the answers.
        word_to_id: the id of each of the V words.
        id_to_word: the word of each id.
        word_matrix: (V, H), a row per word.
        top: how many words to return.
        report: called with each line that the book prints; `report=print` shows them.

    Returns:
        Pairs of a word and its cosine. Of equal ones the word with the lower id comes first.

    Raises:
        LookupError: the query is not among the words.
        ValueError: `word_matrix` has not one row per word, or `top` is below 1.
        TypeError: `top` is no whole number, `report` no function, or `id_to_word` has no word for id 0.

    The book's section 2.3.6.

    >>> from .counting import create_co_matrix
    >>> from .text import preprocess
    >>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
    >>> C = create_co_matrix(corpus, vocab_size=7)
    >>> pairs = most_similar("you", word_to_id, id_to_word, C, top=4, report=print)
    <BLANKLINE>
    [query] you
     goodbye: 0.7071067691154799
     i: 0.7071067691154799
     hello: 0.7071067691154799
     say: 0.0
    >>> pairs[0]
    ('goodbye', 0.7071067691154799)
    """
    checked_report(report, "most_similar")
    rows = checked_word_matrix(word_matrix, word_to_id, "most_similar")
    word_id = checked_word(query, word_to_id, "most_similar")
    pairs = _best(_cosines(rows, rows[word_id]), id_to_word, {query}, top, "most_similar")
    if report is not None:
        report(f"\n[query] {query}")
        _report_pairs(pairs, report)
    return pairs


def analogy(
    a: str,
    b: str,
    c: str,
    word_to_id: Mapping[str, int],
    id_to_word: Mapping[int, str],
    word_matrix: npt.ArrayLike,
    top: int = 5,
    answer: str | None = None,
    *,
    cosine: bool = False,
    report: Report = None,
) -> list[tuple[str, float]]:
    """Answer "a is to b as c is to what?": the words whose vectors fit b - a + c best.

    The book scores by the dot product with the rows as they are, and so a long vector, often that of a
    frequent word, has an advantage. `cosine=True` compares directions alone, as most programs do.

    Args:
        a: a word of `word_to_id`, such as "king"; none of a, b and c is among the answers.
        b: likewise, such as "man".
        c: likewise, such as "queen".
        word_to_id: the id of each of the V words.
        id_to_word: the word of each id.
        word_matrix: (V, H), a row per word.
        top: how many words to return.
        answer: a word that is hoped for; its pair comes last where it is not among the best.
        cosine: score by the cosine instead of the dot product.
        report: called with each line that the book prints; `report=print` shows them.

    Returns:
        Pairs of a word and its score, the best first. Of equal ones the word with the lower id comes first.

    Raises:
        LookupError: a, b, c or the answer is not among the words.
        ValueError: `word_matrix` has not one row per word, or `top` is below 1.
        TypeError: `top` is no whole number, `report` no function, or `id_to_word` has no word for id 0.

    The book's section 4.3.3.

    >>> import numpy as np
    >>> words = ["king", "man", "queen", "woman", "the"]
    >>> word_to_id, id_to_word = {w: i for i, w in enumerate(words)}, dict(enumerate(words))
    >>> rows = np.array([[2.0, 1.0], [0.0, 1.0], [2.0, -1.0], [0.0, -1.0], [-4.0, -5.0]])
    >>> question = ("king", "man", "queen", word_to_id, id_to_word, rows)
    >>> analogy(*question, top=1, answer="woman")
    [('the', 5.0), ('woman', 1.0)]
    >>> [word for word, score in analogy(*question, cosine=True)]
    ['woman', 'the']
    """
    checked_report(report, "analogy")
    rows = checked_word_matrix(word_matrix, word_to_id, "analogy")
    ids = [checked_word(word, word_to_id, "analogy") for word in (a, b, c)]
    from_a, from_b, from_c = (rows[word_id].astype(np.float64) for word_id in ids)
    query = from_b - from_a + from_c
    # As in the book, the query is brought to length 1; that divides all scores alike, and changes no order.
    scores = _cosines(rows, query) if cosine else _dots(rows, query / (np.linalg.norm(query) or 1.0))
    pairs = _best(scores, id_to_word, {a, b, c}, top, "analogy")
    if report is not None:
        report(f"\n[analogy] {a}:{b} = {c}:?")
    if answer is not None:
        hoped_for = (answer, float(scores[checked_word(answer, word_to_id, "analogy")]))
        if report is not None:
            report(f"==>{answer}: {hoped_for[1]}")
    if report is not None:
        _report_pairs(pairs, report)
    return pairs if answer is None or hoped_for in pairs else [*pairs, hoped_for]


def _dots(rows: Array, vector: Array) -> Array:
    # einsum turns int32 and float32 rows into float64 a piece at a time, without a copy of the whole matrix.
    return np.asarray(np.einsum("vh,h->v", rows, vector, dtype=np.float64))


def _cosines(rows: Array, vector: Array, eps: float = 1e-8) -> Array:
    lengths = np.sqrt(np.einsum("vh,vh->v", rows, rows, dtype=np.float64)) + eps
    direction = np.asarray(vector, dtype=np.float64)
    return np.asarray(_dots(rows, direction / (np.linalg.norm(direction) + eps)) / lengths)


def _best(
    scores: Array, id_to_word: Mapping[int, str], left_out: Container[str], top: int, owner: str
) -> list[tuple[str, float]]:
    top = checked_whole(top, "top", owner)
    checked_names(id_to_word, owner)
    # A row that holds NaN is like nothing.
    order = (int(word_id) for word_id in np.argsort(-scores, kind="stable") if not np.isnan(scores[word_id]))
    pairs = ((id_to_word[i], float(scores[i])) for i in order if id_to_word[i] not in left_out)
    return [pair for pair, _ in zip(pairs, range(top), strict=False)]


def _report_pairs(pairs: list[tuple[str, float]], report: Callable[[str], object]) -> None:
    for word, score in pairs:
        report(f" {word}: {score}")
