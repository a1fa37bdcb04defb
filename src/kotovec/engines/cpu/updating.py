"""One name for all kernels: the type of a worker's buffers says which one computes a chunk."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from kotovec.engines.cpu.cbow import CBOWScratch, cbow_chunk
from kotovec.engines.cpu.chunk import Changes, Chunk, Parameters
from kotovec.engines.cpu.compiling import part_options
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.skipgram import SkipGramScratch, skipgram_chunk


def update_chunk(
    work: Any,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    changes: Changes,
) -> None:
    """Compute one chunk with the kernel that the type of `work`, which is borrowed, belongs to."""
    raise NotImplementedError("only inside kernels")


# The kernels themselves are the implementations: one call less to compile. They name their types.
@overload(update_chunk, strict=False, jit_options=part_options)
def _choose_kernel(
    work: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, ahead: Any, changes: Any
) -> Any:
    kernels = {SkipGramScratch: skipgram_chunk, CBOWScratch: cbow_chunk}
    return kernels[work.bundle.instance_class].py_func
