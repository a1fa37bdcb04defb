"""What is learned: models as frozen options, without arithmetic."""

from kotovec.models.cbow import CBOW
from kotovec.models.glove import GloVe
from kotovec.models.losses import Loss
from kotovec.models.ppmi_svd import PPMISVD
from kotovec.models.representation import Representation
from kotovec.models.skipgram import SkipGram

Model = SkipGram | CBOW | GloVe | PPMISVD

__all__ = ["CBOW", "PPMISVD", "GloVe", "Loss", "Model", "Representation", "SkipGram"]
