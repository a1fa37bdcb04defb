"""The fast engine: Numba kernels on all cores of one machine."""
