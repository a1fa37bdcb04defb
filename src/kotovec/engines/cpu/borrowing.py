"""Handing bundles of arrays to helpers as one pointer each.

Numba passes a NamedTuple by value: every array of it is seven or nine arguments, of every call, at every
depth. With some forty arrays that is most of what compiling costs. A kernel that is called from Python
therefore borrows its bundles once; what it calls receives their addresses and reads the fields that it needs.
To a helper, a borrowed bundle looks like the bundle itself.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_getattr_generic, models, register_model
from numba.np.arrayobj import populate_array

from kotovec.engines.cpu.compiling import intrinsic


class Borrowed(types.Type):
    """The address of a bundle that lives as long as the kernel that borrowed it."""

    def __init__(self, bundle: Any) -> None:
        self.bundle = bundle
        super().__init__(name=f"Borrowed({bundle})")


@register_model(Borrowed)
class _BorrowedModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, manager[numba_type.bundle].get_value_type().as_pointer())


def _type_of_field(_template: Any, borrowed: Any, name: str) -> Any:
    fields = borrowed.bundle.fields
    return borrowed.bundle.types[fields.index(name)] if name in fields else None


class BorrowedSlots(types.Type):
    """The address of several bundles of one type, one after another."""

    def __init__(self, bundle: Any) -> None:
        self.bundle = bundle
        super().__init__(name=f"BorrowedSlots({bundle})")


register_model(BorrowedSlots)(_BorrowedModel)


@intrinsic
def address_of(typing_context: Any, borrowed: Any) -> Any:
    """Return the address of a borrowed bundle as a number, for `at_address` in another thread."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], ir.IntType(64))

    return types.int64(borrowed), codegen


@intrinsic
def at_address(typing_context: Any, like: Any, address: Any) -> Any:
    """Return the bundle at an address, of the same type as `like`; its lender must not return meanwhile."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[1], args[0].type)

    return like(like, types.int64), codegen


MOST_SLOTS = 16
"""Slots of a bundle, at most; that many are the chunks of a round."""


@infer_getattr
class _BorrowedFields(AttributeTemplate):
    key = Borrowed
    generic_resolve: Any = _type_of_field


@lower_getattr_generic(Borrowed)
def _load_field(context: Any, builder: Any, borrowed: Any, value: Any, name: str) -> Any:
    place = borrowed.bundle.fields.index(name)
    field = builder.load(builder.gep(value, [ir.IntType(32)(0), ir.IntType(32)(place)], inbounds=True))
    return impl_ret_borrowed(context, builder, borrowed.bundle.types[place], field)


@intrinsic
def borrow(typing_context: Any, bundle: Any) -> Any:
    """Return the address of a bundle, for the helpers that the calling kernel calls."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return cgutils.alloca_once_value(builder, args[0])

    return Borrowed(bundle)(bundle), codegen


@intrinsic
def borrow_slots(typing_context: Any, bundle: Any) -> Any:
    """Return the address of as many bundles as the arrays of this one have slots, MOST_SLOTS at most.

    The slots are the first axis of each array. What is no array is the same in all slots.
    """
    one = _type_of_slot(bundle)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        storage = cgutils.alloca_once(b, context.get_value_type(one), ir.IntType(32)(MOST_SLOTS))
        with cgutils.for_range(b, _slots_of(context, b, bundle, args[0])) as loop:
            value = _emit_slot(context, b, bundle, one, args[0], loop.index)
            b.store(value, b.gep(storage, [loop.index], inbounds=True))
        return storage

    return BorrowedSlots(one)(bundle), codegen


@intrinsic
def slot_of(typing_context: Any, slots: Any, slot: Any) -> Any:
    """Return the address of one of the bundles that were borrowed."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]], inbounds=True)

    return Borrowed(slots.bundle)(slots, types.intp), codegen


def _is_bundle(whole: Any) -> bool:
    return isinstance(whole, types.BaseNamedTuple)


def _type_of_slot(whole: Any) -> Any:
    if isinstance(whole, types.Array):
        return types.Array(whole.dtype, whole.ndim - 1, "C")
    if _is_bundle(whole):
        parts = [_type_of_slot(part) for part in whole.types]
        return types.BaseTuple.from_types(parts, whole.instance_class)
    return whole


def _slots_of(context: Any, b: Any, whole: Any, value: Any) -> Any:
    """Return how many slots the arrays of a bundle have."""
    first = next(k for k, part in enumerate(whole.types) if isinstance(part, types.Array))
    array = context.make_array(whole.types[first])(context, b, b.extract_value(value, first))
    return cgutils.unpack_tuple(b, array.shape)[0]


def _emit_slot(context: Any, b: Any, whole: Any, one: Any, value: Any, slot: Any) -> Any:
    if isinstance(whole, types.Array):
        arrays, array = context.make_array(whole)(context, b, value), context.make_array(one)(context, b)
        (stride, *strides), (_, *shape) = (cgutils.unpack_tuple(b, t) for t in (arrays.strides, arrays.shape))
        start = cgutils.pointer_add(b, arrays.data, b.mul(slot, stride))
        populate_array(array, start, shape, strides, arrays.itemsize, None)
        return array._getvalue()
    if _is_bundle(whole):
        made = context.get_constant_undef(one)
        for k, (part, of_slot) in enumerate(zip(whole.types, one.types, strict=True)):
            field = _emit_slot(context, b, part, of_slot, b.extract_value(value, k), slot)
            made = b.insert_value(made, field, k)
        return made
    return value
