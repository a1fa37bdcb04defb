"""From bytes to word ids on disk: sources, tokenizers, encoding and the built-in corpus."""

from kotovec.corpus.corpus import Corpus
from kotovec.corpus.report import CorpusReport
from kotovec.corpus.tokenizers import TOKENIZERS

__all__ = ["TOKENIZERS", "Corpus", "CorpusReport"]
