"""W_in or W_out, which is the word? Here one matrix is both: W_out is W_in turned (arXiv 1611.01462).

The two layers keep their own gradients, dW (V, H) and dW.T (H, V). `remove_duplicate` sees that both belong
to one array, turns the second and adds them; `Trainer` calls it before every step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kotovec.layers import (
    Adam,
    Embedding,
    MatMul,
    SoftmaxWithLoss,
    Trainer,
    create_contexts_target,
    preprocess,
    remove_duplicate,
)


class TiedCBOW:
    """CBOW for any number of contexts, with one matrix W (V, H) on both sides."""

    def __init__(self, W: npt.NDArray[np.float64]) -> None:
        self.embed = Embedding(W)
        self.out_layer = MatMul(W.T)  # the same numbers in memory, seen as (H, V)
        self.loss_layer = SoftmaxWithLoss()
        self.params = self.embed.params + self.out_layer.params
        self.grads = self.embed.grads + self.out_layer.grads

    def forward(self, contexts: npt.NDArray[np.int64], target: npt.NDArray[np.int64]) -> float:
        """Return the mean loss of guessing target (N,) from contexts (N, C)."""
        self.shape = contexts.shape
        h = self.embed.forward(contexts).mean(axis=1)
        return self.loss_layer.forward(self.out_layer.forward(h), target)

    def backward(self, dout: float = 1) -> None:
        """Fill `grads`."""
        N, C = self.shape
        dh = self.out_layer.backward(self.loss_layer.backward(dout)) / C
        self.embed.backward(np.broadcast_to(dh[:, np.newaxis], (N, C, dh.shape[1])))


corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
contexts, target = create_contexts_target(corpus, window_size=1)
W = 0.01 * np.random.default_rng(1).standard_normal((len(word_to_id), 5))

model = TiedCBOW(W)
trainer = Trainer(model, Adam(lr=0.01), seed=1)
trainer.fit(contexts, target, max_epoch=300, batch_size=3)

params, grads = remove_duplicate(model.params, model.grads)
print("arrays in params:", len(model.params), "- and different ones:", len(params))
print("still one matrix:", np.shares_memory(model.out_layer.params[0], W))
print(f"loss: {trainer.loss_list[0]:.3f} -> {trainer.loss_list[-1]:.3f}")
