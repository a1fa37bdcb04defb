"""Helpers that are compiled as parts of the kernels that call them, and in no other way.

Numba optimises every function by itself, together with all that it calls, and turns it into machine code,
so that a kernel with four levels of helpers is compiled four times over. Nobody calls a helper but a kernel,
which holds a copy of it: what was done for the helper alone is thrown away. Here it is not done. A helper's
code stays by itself, and a kernel takes that of all helpers below it, each once.

This reaches behind Numba's documented interface. Where another version of Numba looks different there,
helpers are compiled in its own way: slower, and the same code in the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numba import types
from numba.core.compiler import CompilerBase, DefaultPassBuilder

try:
    from llvmlite.binding import Linkage
    from numba._dynfunc import make_function
    from numba.core.codegen import CPUCodegen, JITCodeLibrary
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
        "_get_module_for_linking",
    )
    KNOWN = all(hasattr(JITCodeLibrary, step) for step in _STEPS) and hasattr(
        CPUCodegen, "_module_pass_manager"
    )

_NEEDLESS = {
    "AnnotateTypes",
    "DumpParforDiagnostics",
    "FindLiterallyCalls",
    "InlineClosureLikes",
    "InlineInlinables",
    "InlineOverloads",
    "LiteralPropagationSubPipelinePass",
    "LiteralUnroll",
    "MakeFunctionToJitFunction",
    "NopythonRewrites",
    "NoPythonSupportedFeatureValidation",
    "WithLifting",
}
"""Steps that only look for what no kernel or helper has: closures, comprehensions, `with`, `literally`, loops
over tuples of several types, sums of whole arrays, parallel loops; and that write down what nobody reads."""


def quick_parts() -> dict[str, Any]:
    """Return the option of Numba's decorators that says how helpers are compiled, or none."""
    return {"pipeline_class": _PARTS[0]} if KNOWN else {}


def quick_kernels() -> dict[str, Any]:
    """Return the option of Numba's decorators that says how kernels are compiled, or none."""
    return {"pipeline_class": _PARTS[1]} if KNOWN else {}


def for_all_numbers(part: Any) -> Any:
    """Let a helper be compiled once for all numbers; return it.

    Numba has a type for each number that is written down in a call, and compiles a helper, with all that it
    calls, anew for each of them.
    """
    if KNOWN:
        find = part.get_call_template

        def get_call_template(args: Any, kws: Any) -> Any:
            return find([types.unliteral(x) for x in args], {k: types.unliteral(x) for k, x in kws.items()})

        part.get_call_template = get_call_template
    return part


def _compilers() -> tuple[Any, Any]:
    class Part(JITCodeLibrary):
        """The code of a helper, neither optimised nor turned into machine code, nor linked with any other."""

        _own: Any = None

        def _optimize_functions(self, ll_module: Any) -> None:
            ll_module.data_layout = self._codegen._data_layout

        def finalize(self) -> None:
            self._raise_if_finalized()
            self._finalize_dynamic_globals()
            self._finalized = True

        def own_module(self) -> Any:
            """Return the helper's code, as what several may have a copy of."""
            if self._own is None:
                self._own = self._final_module.clone()
                for function in self._own.functions:
                    if not function.is_declaration and function.linkage == Linkage.external:
                        function.linkage = "linkonce_odr"
            return self._own

        def _get_module_for_linking(self) -> Any:
            """Return all code below, for who knows nothing of parts."""
            self._ensure_finalized()
            if self._shared_module is None:
                self._shared_module = self.own_module().clone()
                for module in modules_below(self._linking_libraries):
                    self._shared_module.link_in(module, preserve=True)
            return self._shared_module

    def modules_below(libraries: Iterable[Any]) -> list[Any]:
        """Return the code of libraries, and of all that they call, each once."""
        found: dict[Any, Any] = {}
        waiting = list(libraries)
        while waiting:
            library = waiting.pop()
            if library not in found:
                part = isinstance(library, Part)
                found[library] = library.own_module() if part else library._get_module_for_linking()
                waiting += library._linking_libraries if part else []
        return list(found.values())

    class Whole(JITCodeLibrary):
        """The code of a kernel, with that of all parts."""

        def finalize(self) -> None:
            for module in modules_below(self._linking_libraries):
                self._final_module.link_in(module, preserve=True)
            self._linking_libraries = []
            super().finalize()

        def _optimize_final_module(self) -> None:
            # Numba goes over everything twice, first to bring together counts of references; here are none.
            passes, builder = self._codegen._module_pass_manager()
            passes.run(self._final_module, builder)

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

    @register_pass(mutates_CFG=True, analysis_only=False)
    class KernelLowering(NativeLowering):
        _name = "kotovec_kernel_lowering"

        def run_pass(self, state: Any) -> bool:
            state.library = Whole(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
            return bool(super().run_pass(state))

    def compiler(lowering: Any) -> Any:
        class Compiler(CompilerBase):
            def define_pipelines(self) -> list[Any]:
                passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
                passes.passes = [
                    (lowering if step is NativeLowering else step, said)
                    for step, said in passes.passes
                    if step.__name__ not in _NEEDLESS
                ]
                passes.finalize()
                return [passes]

        return Compiler

    return compiler(PartLowering), compiler(KernelLowering)


_PARTS = _compilers() if KNOWN else (None, None)
