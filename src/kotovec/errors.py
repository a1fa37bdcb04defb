"""Every error that kotovec raises on purpose, in one tree.

    KotovecError
    ├── OptionError (ValueError)        an option has a value that cannot work
    ├── CorpusError                     text that cannot be read, or holds nothing to learn from
    ├── UnknownWord (KeyError)          a word that the vectors do not hold
    ├── FormatError                     a file of vectors or of test questions that is not what it should be
    ├── TrainingError                   training had to stop
    └── MissingExtra (ImportError)      an optional dependency is not installed

Each message says what was wrong, with the value, and what to do about it. Catch `KotovecError` to
catch them all. TextWarning is a warning, a UserWarning.
"""

from __future__ import annotations

from kotovec.shown import shown


class KotovecError(Exception):
    """Something that kotovec noticed and can explain."""


class OptionError(KotovecError, ValueError):
    """An option has a value that cannot work."""


class CorpusError(KotovecError):
    """Text that cannot be read, or that holds nothing to learn from."""


class UnknownWord(KotovecError, KeyError):  # noqa: N818 - the name says it all
    """A word that the vectors do not hold."""

    def __init__(self, word: str, similar: tuple[str, ...] = ()) -> None:
        """Name the word, and the known words whose spelling comes closest."""
        hint = f" Did you mean {', '.join(map(shown, similar))}?" if similar else ""
        self.word = word
        self.similar = similar
        self.message = f"The word {shown(word)} is not in the vocabulary.{hint}"
        super().__init__(self.message)

    def __reduce__(self) -> tuple[type[UnknownWord], tuple[str, tuple[str, ...]]]:
        """Let a copy be made of the word, and not of the sentence."""
        return UnknownWord, (self.word, self.similar)

    def __str__(self) -> str:
        """Return the sentence itself; KeyError would put it in quotes."""
        return self.message


class FormatError(KotovecError):
    """A file of vectors or of test questions that is not what it should be."""


class TrainingError(KotovecError):
    """Training had to stop."""


class MissingExtra(KotovecError, ImportError):  # noqa: N818
    """An optional dependency is not installed."""


class TextWarning(UserWarning):
    """What was read does not look like the text that was meant: Japanese that is not cut into words."""
