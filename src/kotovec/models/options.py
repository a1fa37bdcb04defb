"""What every model's options pass through when it is built: choices that depend on others, and checks."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from kotovec.errors import OptionError
from kotovec.shown import shown

CHOSEN: Any = None
"""The default of an option whose best value depends on others; a model that is built holds that value."""


def choose(model: object, name: str, value: object) -> None:
    """Give the option `name` of a model that is being built a value, if it has none."""
    if getattr(model, name) is CHOSEN:
        object.__setattr__(model, name, value)


def take_int(model: object, name: str, low: int, high: int | None = None) -> None:
    """Check an option of a model that is being built, and keep it as a plain int, which JSON can hold."""
    number = check_int(type(model).__name__, name, getattr(model, name), low, high)
    object.__setattr__(model, name, number)


def take_float(
    model: object, name: str, low: float, high: float = math.inf, *, open_low: bool = False
) -> None:
    """Check an option of a model that is being built, and keep it as a plain float."""
    number = check_float(type(model).__name__, name, getattr(model, name), low, high, open_low=open_low)
    object.__setattr__(model, name, number)


def check_int(owner: str, name: str, value: object, low: int, high: int | None = None) -> int:
    """Return `value` as an int, or say which whole numbers `owner` takes for `name`."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if low <= number and (high is None or number <= high):
            return number
    span = f"[{low}, inf)" if high is None else f"[{low}, {high}]"
    raise OptionError(
        f"The {name!r} parameter of {owner} must be an int in the range {span}. Got {shown(value)} instead."
    )


def check_float(
    owner: str, name: str, value: object, low: float, high: float = math.inf, *, open_low: bool = False
) -> float:
    """Return `value` as a float, or say which numbers `owner` takes for `name`."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # an int of hundreds of digits
            number = math.inf
        if math.isfinite(number) and (low < number if open_low else low <= number) and number <= high:
            return number
    bracket = "(" if open_low else "["
    end = "inf)" if high == math.inf else f"{high:g}]"
    raise OptionError(
        f"The {name!r} parameter of {owner} must be a number in the range {bracket}{low:g}, {end}. "
        f"Got {shown(value)} instead."
    )


def check_bool(owner: str, name: str, value: object) -> bool:
    """Return `value`, or say that `owner` takes True or False for `name`."""
    if not isinstance(value, bool):
        raise OptionError(
            f"The {name!r} parameter of {owner} must be True or False. Got {shown(value)} instead."
        )
    return value


def check_choice(owner: str, name: str, value: object, choices: tuple[str, ...]) -> str:
    """Return `value`, or list the words that `owner` takes for `name`."""
    if not isinstance(value, str) or value not in choices:
        known = " or ".join(map(repr, choices))
        raise OptionError(f"The {name!r} parameter of {owner} must be {known}. Got {shown(value)} instead.")
    return value
