"""WordVectors: a matrix and its words, to look up, to compare and to search."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from numbers import Integral
from typing import final

import numpy as np
import numpy.typing as npt

from kotovec.errors import FormatError, OptionError, UnknownWord
from kotovec.shown import shown
from kotovec.vectors import formats
from kotovec.vectors.checking import checked_contents
from kotovec.vectors.neighbour import Neighbour
from kotovec.vectors.queries import Item, Items, as_list, as_vector, as_word, check_number, direction
from kotovec.vectors.search import Float32, RowNorms, nearest, row_norms, tidy, unit
from kotovec.vocabulary import close_spellings


@final
class WordVectors:
    """V words with a vector (H,) each; nothing in it can be changed.

    Parameters
    ----------
    words
        V different words, none empty.
    vectors
        (V, H) finite numbers; row i belongs to word i. Kept without copying where it is float32 in
        rows (C order), so do not write to it afterwards.
    counts
        (V,) how often each word occurred in the training text.
    output_vectors
        (V, H) the other matrix of the network.
    metadata
        Texts to be saved with the vectors.

    Raises
    ------
    OptionError
        The parts do not fit together, a word occurs twice or a number is not finite.

    Examples
    --------
    >>> vectors = WordVectors(["north", "south", "east"], np.array([[0, 1], [0, -1], [1, 0.5]]))
    >>> vectors
    WordVectors(3 words x 2)
    >>> vectors["east"]
    array([1. , 0.5], dtype=float32)
    >>> vectors.most_similar("north", top=1)
    [Neighbour(word='east', score=0.4472135955)]
    """

    def __init__(
        self,
        words: Sequence[str],
        vectors: npt.ArrayLike,
        *,
        counts: npt.ArrayLike | None = None,
        output_vectors: npt.ArrayLike | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._contents = checked_contents(words, vectors, counts, output_vectors, metadata or {})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> WordVectors:
        """Open a vectors file: safetensors in milliseconds by mapping it into memory, word2vec by reading it.

        Parameters
        ----------
        path
            The file; its content and not its suffix tells the format.

        Raises
        ------
        FormatError
            There is no such file, or its content is not what it should be.
        """
        vectors = cls.__new__(cls)
        vectors._contents = formats.read(path)
        return vectors

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file, whole or not at all; the old file of that name stays until the new one is complete.

        Parameters
        ----------
        path
            Ends in .safetensors (or in nothing) for kotovec's own format; .txt or .vec and .bin, with
            or without .gz, write word2vec's formats, which hold words and vectors only.

        Raises
        ------
        OptionError
            The suffix is of no known format.
        FormatError
            A word cannot be written in a word2vec format.
        KotovecError
            The file cannot be written.
        """
        formats.write(self._contents, path)

    def with_vectors(
        self, vectors: npt.ArrayLike, *, metadata: Mapping[str, str] | None = None
    ) -> WordVectors:
        """Return other vectors for the same words and counts, as after a rotation.

        Parameters
        ----------
        vectors, metadata
            As for `WordVectors`; the vectors may have another size.

        Raises
        ------
        OptionError
            There is not one vector for each word, or a number is not finite.

        Examples
        --------
        >>> vectors = WordVectors(["north", "east"], [[0, 1], [1, 0]])
        >>> vectors.with_vectors(vectors.matrix @ [[0, 1], [-1, 0]])["north"]
        array([-1.,  0.], dtype=float32)
        """
        made = WordVectors.__new__(WordVectors)
        made._contents = checked_contents(self._contents.words, vectors, self.counts, None, metadata or {})
        return made

    @property
    def words(self) -> tuple[str, ...]:
        """The V words."""
        return self._contents.words.words

    @property
    def matrix(self) -> Float32:
        """All vectors, float32 (V, H), read-only."""
        return self._contents.matrix

    @property
    def vector_size(self) -> int:
        """H, how many numbers each vector has."""
        return int(self._contents.matrix.shape[1])

    @property
    def counts(self) -> npt.NDArray[np.int64] | None:
        """How often each word occurred in the training text, int64 (V,), read-only; None where unknown."""
        return self._contents.counts

    @property
    def output_vectors(self) -> Float32 | None:
        """The network's other matrix, float32 (V, H), read-only; None where it was not kept."""
        return self._contents.output_vectors

    @property
    def metadata(self) -> dict[str, str]:
        """The texts that were saved with the vectors."""
        return dict(self._contents.metadata)

    def id_of(self, word: str) -> int:
        """Return the row of a word; UnknownWord, with close spellings, where there is none."""
        found = self._contents.words.find(as_word(word))
        if found is None:
            raise UnknownWord(word, close_spellings(word, self.words))
        return found

    def word_of(self, word_id: int) -> str:
        """Return the word of a row; OptionError where there is no such row."""
        # True is a number to Python, and means no row to anybody.
        if isinstance(word_id, bool) or not isinstance(word_id, Integral) or not 0 <= word_id < len(self):
            raise OptionError(
                f"The 'word_id' must be an int in the range [0, {len(self)}). Got {shown(word_id)} instead."
            )
        return self._contents.words[word_id]

    def vectors_for(self, words: Iterable[str]) -> Float32:
        """Return the vectors of several words, float32 (n, H), in their order.

        Examples
        --------
        >>> vectors = WordVectors(["koto", "vec"], np.eye(2))
        >>> vectors.vectors_for(["vec", "koto", "vec"])
        array([[0., 1.],
               [1., 0.],
               [0., 1.]], dtype=float32)
        """
        words = as_list(words)
        found = self._contents.words.find_all([as_word(word) for word in words])
        for word, word_id in zip(words, found, strict=True):
            if word_id is None:
                raise UnknownWord(word, close_spellings(word, self.words))
        batch: Float32 = self.matrix[np.array(found, np.int64)]
        return batch

    def most_similar(
        self,
        query: Item | None = None,
        *,
        positive: Items = (),
        negative: Items = (),
        top: int = 10,
        limit: int | None = None,
    ) -> list[Neighbour]:
        """Return the words with the highest cosine similarity to a query, best first, equal ones by id.

        Words of the query are left out of the answer. Several parts are scaled to length 1 each and summed.

        Parameters
        ----------
        query
            A word, or a vector (H,).
        positive
            Words and vectors to add, each alone or as (word or vector, weight).
        negative
            The same, to subtract.
        top
            How many neighbours; all where it is more than there are.
        limit
            Only the first so many words, which are the most frequent ones, are answers; None for all.

        Raises
        ------
        OptionError
            Nothing is asked, or a part of the query cannot be used.
        UnknownWord
            A word is not here.
        FormatError
            The file holds a number that is not finite.

        Examples
        --------
        >>> vectors = WordVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
        >>> vectors.most_similar(positive=["king", "woman"], negative=["man"], top=1)
        [Neighbour(word='queen', score=0.959682982261)]
        """
        top, last = check_number("top", top), len(self) if limit is None else check_number("limit", limit)
        wanted, word_ids = direction(query, positive, negative, self.vector_size, self._id_and_vector)
        rows, norms = self.matrix[:last], self._norms.of_first(last)
        ids, scores = nearest(rows, norms, wanted, np.array(word_ids, np.int64), top)
        return [
            Neighbour(self.word_of(word_id), score)
            for word_id, score in zip(ids.tolist(), scores.tolist(), strict=True)
        ]

    def analogy(
        self, a: Item, b: Item, c: Item, *, top: int = 10, limit: int | None = None
    ) -> list[Neighbour]:
        """Return the words that best complete "a is to b as c is to ?", best first.

        That is b - a + c with each scaled to length 1, by cosine, without a, b and c themselves. The order
        of the words is that of *Deep Learning from Scratch 2*, chapter 4. For `top` and `limit` see
        most_similar.

        Examples
        --------
        >>> vectors = WordVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
        >>> vectors.analogy("man", "king", "woman")[0].word
        'queen'
        """
        return self.most_similar(positive=[b, c], negative=[a], top=top, limit=limit)

    def similarity(self, a: Item, b: Item) -> float:
        """Return the cosine similarity of two words or vectors, from -1 to 1; 0 where one is all zeros.

        Examples
        --------
        >>> WordVectors(["koto", "vec"], [[1, 0], [1, 1]]).similarity("koto", "vec")
        0.707106781187
        """
        cosine = (unit(self._vector(a)) * unit(self._vector(b))).sum()
        if not np.isfinite(cosine):
            raise FormatError("One of the vectors holds a number that is not finite; train or copy it again.")
        return float(tidy(cosine))

    def __getitem__(self, word: str) -> Float32:
        """Return the vector of a word, float32 (H,), read-only; UnknownWord where there is none."""
        return self._id_and_vector(word)[1]

    def __contains__(self, word: object) -> bool:
        """Say whether a word has a vector."""
        return isinstance(word, str) and self._contents.words.find(word) is not None

    def __iter__(self) -> Iterator[str]:
        """Go through the words in the order of their rows."""
        return iter(self.words)

    def __len__(self) -> int:
        """Return V, the number of words."""
        return len(self._contents.words)

    def __repr__(self) -> str:
        """Show the size."""
        return f"WordVectors({len(self):,} words x {self.vector_size})"

    @cached_property
    def _norms(self) -> RowNorms:
        norms = row_norms(self.matrix)
        if len(broken := np.flatnonzero(~np.isfinite(norms.norms))):
            word = self.word_of(int(broken[0]))
            raise FormatError(
                f"The vector of {shown(word)} holds a number that is not finite; train or copy it again."
            )
        return norms

    def _id_and_vector(self, word: str) -> tuple[int, Float32]:
        word_id = self.id_of(word)
        return word_id, self.matrix[word_id]

    def _vector(self, item: Item) -> npt.NDArray[np.floating]:
        return self[item] if isinstance(item, str) else as_vector(item, self.vector_size)


def load(path: str | os.PathLike[str]) -> WordVectors:
    """Open a vectors file; see `WordVectors.load`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "two.safetensors"
    >>> WordVectors(["koto", "vec"], np.eye(2)).save(path)
    >>> load(path)
    WordVectors(2 words x 2)
    """
    return WordVectors.load(path)
