"""How good are vectors? Similarity and analogies, with coverage and intervals."""

from kotovec.evaluation.analogies import Analogies, Section, evaluate_analogies
from kotovec.evaluation.bootstrap import Interval
from kotovec.evaluation.builtin import BUILTIN_SET, builtin_pairs, builtin_questions
from kotovec.evaluation.files import Question, ScoredPair, read_pairs, read_questions
from kotovec.evaluation.similarity import Similarity, evaluate_similarity

__all__ = [
    "BUILTIN_SET",
    "Analogies",
    "Interval",
    "Question",
    "ScoredPair",
    "Section",
    "Similarity",
    "builtin_pairs",
    "builtin_questions",
    "evaluate_analogies",
    "evaluate_similarity",
    "read_pairs",
    "read_questions",
]
