"""What happened while a corpus was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CorpusReport:
    """What was read, what was kept, and what the reader should know about it.

    Attributes
    ----------
    tokens_read : int
        Tokens in the text.
    tokens_kept : int
        Tokens whose word is in the vocabulary.
    sentences : int
        Sentences with at least one kept token; a sentence is a line, or one token list.
    distinct_words : int
        Different words in the text, before `min_count` and `max_vocab`.
    invalid_utf8_bytes : int
        Byte sequences that were not UTF-8 and became U+FFFD, one for each replacement.
    warnings : tuple of str
        Whole sentences to show to the user; empty when nothing was odd.
    seconds : float
        Seconds that reading took.
    tokenizer : str
        Name of the tokenizer; "lists" for token lists.
    sources : tuple of str
        The files that were read, in order.
    min_count : int
        A word that occurs less often than this is left out.
    max_vocab : int or None
        How many words were kept at most, the most frequent ones.
    """

    tokens_read: int
    tokens_kept: int
    sentences: int
    distinct_words: int
    invalid_utf8_bytes: int
    warnings: tuple[str, ...]
    seconds: float
    tokenizer: str
    sources: tuple[str, ...]
    min_count: int
    max_vocab: int | None
