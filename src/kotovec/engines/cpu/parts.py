"""Helpers that are compiled as parts of the kernels that call them, and in no other way.

Numba optimises every function by itself, together with all that it calls, and turns it into machine code,
so that a kernel with four levels of helpers is compiled four times over. Nobody calls a helper but a kernel,
which holds a copy of it: what was done for the helper alone is thrown away. Here it is not done.

This reaches behind Numba's documented interface. Where another version of Numba looks different there,
helpers are compiled in its own way: slower, and the same code in the end.
"""

from __future__ import annotations

from typing import Any

from numba.core.compiler import CompilerBase, DefaultPassBuilder

try:
    from numba._dynfunc import make_function
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler_machinery import register_pass
    from numba.core.typed_passes import NativeLowering
except ImportError:
    KNOWN = False
else:
    _STEPS = (
        "_optimize_functions",
        "_optimize_final_module",
        "_finalize_final_module",
        "_finalize_dynamic_globals",
    )
    KNOWN = all(hasattr(JITCodeLibrary, step) for step in _STEPS)


def quick_parts() -> dict[str, Any]:
    """Return the option of Numba's decorators that says how helpers are compiled, or none."""
    return {"pipeline_class": _part_compiler()} if KNOWN else {}


def _part_compiler() -> Any:
    class Part(JITCodeLibrary):
        """The code of a helper, neither optimised nor turned into machine code."""

        def _optimize_functions(self, ll_module: Any) -> None:
            ll_module.data_layout = self._codegen._data_layout

        def _optimize_final_module(self) -> None:
            pass

        def _finalize_final_module(self) -> None:
            self._finalize_dynamic_globals()
            self._finalized = True

    @register_pass(mutates_CFG=True, analysis_only=False)
    class PartLowering(NativeLowering):
        _name = "kotovec_part_lowering"

        def run_pass(self, state: Any) -> bool:
            state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
            state.flags.no_compile = True
            super().run_pass(state)
            lowered = state["cr"]
            # Numba knows compiled functions by what Python calls; nobody calls this one.
            stand_in = make_function(
                lowered.fndesc.lookup_module(),
                lowered.fndesc.unique_name,
                "",
                0,
                lowered.env,
                (state.library,),
            )
            state.targetctx.insert_user_function(stand_in, lowered.fndesc, [state.library])
            state["cr"] = lowered._replace(cfunc=stand_in)
            return True

    class PartCompiler(CompilerBase):
        def define_pipelines(self) -> list[Any]:
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            passes.passes = [
                (PartLowering if step is NativeLowering else step, said) for step, said in passes.passes
            ]
            passes.finalize()
            return [passes]

    return PartCompiler
