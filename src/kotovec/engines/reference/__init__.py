"""The same chunk of text played on the book's layers: slow, true, and what every kernel must equal."""

from kotovec.engines.reference.cbow import cbow_deltas
from kotovec.engines.reference.hierarchical import hierarchical_cbow_deltas, hierarchical_skipgram_deltas
from kotovec.engines.reference.skipgram import skipgram_deltas
from kotovec.engines.reference.tying import tied
from kotovec.engines.reference.update import Update

__all__ = [
    "Update",
    "cbow_deltas",
    "hierarchical_cbow_deltas",
    "hierarchical_skipgram_deltas",
    "skipgram_deltas",
    "tied",
]
