"""Several methods on one corpus, side by side."""

from kotovec.comparison.comparing import compare
from kotovec.comparison.methods import METHODS, methods
from kotovec.comparison.results import Comparison, Outcome

__all__ = ["METHODS", "Comparison", "Outcome", "compare", "methods"]
