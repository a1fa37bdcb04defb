"""The layers of *Deep Learning from Scratch 2* (ゼロから作るDeep Learning ❷), under the book's names.

    text ─ preprocess ─▶ ids ─ create_contexts_target ─▶ contexts, target ─ Trainer ─▶ word_vecs
                                                                             │
             CBOW, SkipGram = Embedding ─▶ h ─▶ NegativeSamplingLoss = UnigramSampler,
                                                EmbeddingDot ─▶ SigmoidWithLoss

This folder needs NumPy and nothing else: copy it away, under any name, and it still runs. It is written to
be read, and it is the truth that kotovec's fast programs are tested against: weights in float64 give
gradients in float64. A layer has `params` and `grads`, lists of arrays that stay the same objects for ever:
`backward` overwrites the gradients in place, an optimiser changes the weights in place.

>>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
>>> contexts, target = create_contexts_target(corpus, window_size=1)
>>> model = CBOW(vocab_size=len(word_to_id), hidden_size=5, window_size=1, corpus=corpus)
>>> trainer = Trainer(model, Adam())
>>> trainer.fit(contexts, target, max_epoch=10, batch_size=3)
>>> model.word_vecs[word_to_id["you"]].shape
(5,)
"""

from .counting import create_co_matrix, ppmi
from .embedding import Embedding, EmbeddingDot
from .functions import sigmoid
from .gradients import clip_grads, remove_duplicate
from .losses import NegativeSamplingLoss, SigmoidWithLoss
from .networks import CBOW, SkipGram
from .optimisers import SGD, Adam
from .sampler import UnigramSampler
from .text import create_contexts_target, preprocess
from .trainer import Evaluation, Trainer

__all__ = [
    "CBOW",
    "SGD",
    "Adam",
    "Embedding",
    "EmbeddingDot",
    "Evaluation",
    "NegativeSamplingLoss",
    "SigmoidWithLoss",
    "SkipGram",
    "Trainer",
    "UnigramSampler",
    "clip_grads",
    "create_co_matrix",
    "create_contexts_target",
    "ppmi",
    "preprocess",
    "remove_duplicate",
    "sigmoid",
]
