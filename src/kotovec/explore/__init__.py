"""Pictures of what was learned."""

from kotovec.explore.content_words import content_words
from kotovec.explore.word_map import WordMap, word_map

__all__ = ["WordMap", "content_words", "word_map"]
