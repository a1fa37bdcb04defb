"""What is learned: models as frozen options, without arithmetic."""

from kotovec.models.cbow import CBOW
from kotovec.models.skipgram import SkipGram

__all__ = ["CBOW", "SkipGram"]
