"""The layers of *Deep Learning from Scratch 2* (ゼロから作るDeep Learning ❷), under the book's names.

    chapter 2: counting        text ─ preprocess ─▶ ids ─ create_co_matrix ─▶ C ─ ppmi ─▶ M ─ canonical_svd,
                                                                               randomized_svd ─▶ word vectors
    chapter 3: prediction      ids ─ create_contexts_target ─ convert_one_hot ─▶ contexts, target ─ Trainer ─▶
                                    SimpleCBOW, SimpleSkipGram = MatMul ─▶ h ─▶ MatMul ─▶ SoftmaxWithLoss
    chapter 4: made fast       CBOW, SkipGram = Embedding ─▶ h ─▶ NegativeSamplingLoss = UnigramSampler,
                                                                  EmbeddingDot ─▶ SigmoidWithLoss
    chapters 2, 4: the result  most_similar, analogy

This folder needs NumPy and nothing else: copy it away, under any name, and it still runs. It is written to
be read, and it is the truth that kotovec's fast programs are tested against: weights in float64 give
gradients in float64. A layer has `params` and `grads`, lists of arrays that stay the same objects for ever:
`backward` overwrites the gradients in place, an optimiser changes the weights in place.

>>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
>>> C = create_co_matrix(corpus, vocab_size=len(word_to_id))
>>> [word for word, cosine in most_similar("you", word_to_id, id_to_word, C, top=3)]
['goodbye', 'i', 'hello']
>>> contexts, target = create_contexts_target(corpus, window_size=1)
>>> model = CBOW(vocab_size=len(word_to_id), hidden_size=5, window_size=1, corpus=corpus)
>>> trainer = Trainer(model, Adam())
>>> trainer.fit(contexts, target, max_epoch=10, batch_size=3)
>>> model.word_vecs[word_to_id["you"]].shape
(5,)
"""

from .activations import Sigmoid, Softmax
from .counting import create_co_matrix, ppmi
from .embedding import Embedding, EmbeddingDot
from .functions import cross_entropy_error, sigmoid, softmax
from .gradients import clip_grads, remove_duplicate
from .hierarchical import HierarchicalSoftmaxLoss
from .huffman import HuffmanTree
from .losses import NegativeSamplingLoss, SigmoidWithLoss
from .matmul import Affine, MatMul
from .networks import CBOW, SkipGram
from .optimisers import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from .sampler import UnigramSampler
from .similarity import analogy, cos_similarity, most_similar
from .simple_networks import SimpleCBOW, SimpleSkipGram
from .softmax_loss import SoftmaxWithLoss
from .svd import canonical_svd, randomized_svd
from .text import convert_one_hot, create_contexts_target, preprocess
from .trainer import Evaluation, Trainer

__all__ = [
    "CBOW",
    "SGD",
    "AdaGrad",
    "Adam",
    "Affine",
    "Embedding",
    "EmbeddingDot",
    "Evaluation",
    "HierarchicalSoftmaxLoss",
    "HuffmanTree",
    "MatMul",
    "Momentum",
    "NegativeSamplingLoss",
    "Nesterov",
    "RMSprop",
    "Sigmoid",
    "SigmoidWithLoss",
    "SimpleCBOW",
    "SimpleSkipGram",
    "SkipGram",
    "Softmax",
    "SoftmaxWithLoss",
    "Trainer",
    "UnigramSampler",
    "analogy",
    "canonical_svd",
    "clip_grads",
    "convert_one_hot",
    "cos_similarity",
    "create_co_matrix",
    "create_contexts_target",
    "cross_entropy_error",
    "most_similar",
    "ppmi",
    "preprocess",
    "randomized_svd",
    "remove_duplicate",
    "sigmoid",
    "softmax",
]
