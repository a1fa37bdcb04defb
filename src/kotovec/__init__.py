"""kotovec learns word vectors from text: fast, and with the same bits at every worker count.

>>> import kotovec as kv
>>> run = kv.train(kv.SkipGram(vector_size=16), [["to", "be", "or", "not", "to", "be"]] * 100)
>>> [neighbour.word for neighbour in run.vectors.most_similar("be", top=3)] != []
True

Names are loaded when first used, so that importing kotovec is quick and compiles nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kotovec import comparison as comparison
    from kotovec import corpus as corpus
    from kotovec import evaluation as evaluation
    from kotovec import explore as explore
    from kotovec import layers as layers
    from kotovec import models as models
    from kotovec import vectors as vectors
    from kotovec.comparison import Comparison as Comparison
    from kotovec.comparison import Outcome as Outcome
    from kotovec.comparison import compare as compare
    from kotovec.corpus import Corpus as Corpus
    from kotovec.errors import CorpusError as CorpusError
    from kotovec.errors import FormatError as FormatError
    from kotovec.errors import KotovecError as KotovecError
    from kotovec.errors import MissingExtra as MissingExtra
    from kotovec.errors import OptionError as OptionError
    from kotovec.errors import TextWarning as TextWarning
    from kotovec.errors import TrainingError as TrainingError
    from kotovec.errors import UnknownWord as UnknownWord
    from kotovec.evaluation import Analogies as Analogies
    from kotovec.evaluation import Similarity as Similarity
    from kotovec.evaluation import evaluate_analogies as evaluate_analogies
    from kotovec.evaluation import evaluate_similarity as evaluate_similarity
    from kotovec.models import CBOW as CBOW
    from kotovec.models import PPMISVD as PPMISVD
    from kotovec.models import GloVe as GloVe
    from kotovec.models import SkipGram as SkipGram
    from kotovec.progress import Progress as Progress
    from kotovec.run import Run as Run
    from kotovec.training import train as train
    from kotovec.vectors import Neighbour as Neighbour
    from kotovec.vectors import WordVectors as WordVectors
    from kotovec.vectors import load as load
    from kotovec.vocabulary import Vocabulary as Vocabulary

__version__ = "0.1.0"

_HOMES = {
    "kotovec.comparison": ("Comparison", "Outcome", "compare"),
    "kotovec.corpus": ("Corpus",),
    "kotovec.errors": (
        "CorpusError",
        "FormatError",
        "KotovecError",
        "MissingExtra",
        "OptionError",
        "TextWarning",
        "TrainingError",
        "UnknownWord",
    ),
    "kotovec.evaluation": ("Analogies", "Similarity", "evaluate_analogies", "evaluate_similarity"),
    "kotovec.models": ("CBOW", "PPMISVD", "GloVe", "SkipGram"),
    "kotovec.progress": ("Progress",),
    "kotovec.run": ("Run",),
    "kotovec.training": ("train",),
    "kotovec.vectors": ("Neighbour", "WordVectors", "load"),
    "kotovec.vocabulary": ("Vocabulary",),
}
_ROOMS = ("comparison", "corpus", "evaluation", "explore", "layers", "models", "vectors")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CBOW",
    "PPMISVD",
    "Analogies",
    "Comparison",
    "Corpus",
    "CorpusError",
    "FormatError",
    "GloVe",
    "KotovecError",
    "MissingExtra",
    "Neighbour",
    "OptionError",
    "Outcome",
    "Progress",
    "Run",
    "Similarity",
    "SkipGram",
    "TextWarning",
    "TrainingError",
    "UnknownWord",
    "Vocabulary",
    "WordVectors",
    "compare",
    "evaluate_analogies",
    "evaluate_similarity",
    "load",
    "train",
]


def _load(name: str) -> object:
    """Load a public name from its room, or a room, when it is first used."""
    if name in _ROOMS:
        return importlib.import_module(f"kotovec.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'kotovec' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # or a type checker would take any name for one of ours
    __getattr__ = _load


def __dir__() -> list[str]:
    """List the public names."""
    return sorted((*__all__, *_ROOMS))
