"""One name for all kernels: the type of a worker's buffers says which one computes a chunk."""

from __future__ import annotations

from typing import Any

from numba.extending import overload

from kotovec.engines.cpu.cbow import CBOWScratch, cbow_chunk
from kotovec.engines.cpu.chunk import Chunk, Deltas, Parameters
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.skipgram import SkipGramScratch, skipgram_chunk


def update_chunk(work: Any, parameters: Parameters, plan: Plan, chunk: Chunk, deltas: Deltas) -> None:
    """Compute one chunk with the kernel that the type of `work` belongs to."""
    raise NotImplementedError("only inside kernels")


@overload(update_chunk)
def _choose_kernel(work: Any, parameters: Any, plan: Any, chunk: Any, deltas: Any) -> Any:
    kernels = {SkipGramScratch: skipgram_chunk, CBOWScratch: cbow_chunk}
    chosen = kernels[work.instance_class]

    def call(work: Any, parameters: Any, plan: Any, chunk: Any, deltas: Any) -> Any:
        return chosen(work, parameters, plan, chunk, deltas)

    return call
