"""The library's sentences, which speak of parameters, in the words of the command line: its options."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Container

# A name that stands for itself: no part of a longer one, of a path, or of a quoted word.
_ALONE = r"(?<![\w'\"/.-])"
_NOT_GOING_ON = r"(?![\w'\"/]|\.\w)"


def as_typed(sentence: str) -> str:
    """Return a sentence with the options as a person types them.

    >>> as_typed("The 'window' parameter of SkipGram must be an int in the range [1, 1000]. Got 0 instead.")
    '--window must be a whole number in the range [1, 1000]. Got 0 instead.'
    >>> as_typed("Pass more text, or min_count=2 or less.")
    'Pass more text, or --min-count 2 or less.'
    >>> as_typed("reproducible=False is for SkipGram and CBOW.")
    '--no-reproducible is for SkipGram and CBOW.'
    """
    names = _option_names()
    any_name = f"({'|'.join(names)})"
    long_name = f"({'|'.join(name for name in names if '_' in name)})"
    sentence, refused = re.subn(rf"\bThe '{any_name}' parameter of [\w.]+ must", _flag_and(" must"), sentence)
    if refused:
        sentence = sentence.replace(" must be an int ", " must be a whole number ").replace(
            " or None. ", ". "
        )
    sentence = re.sub(rf"{_ALONE}{any_name}=(True|False)\b", _switch, sentence)
    # name="value" (--name value), name='value', name=value
    value = r"=(?:\"(\w+)\"|'(\w+)'|(\d[\w.]*\b))"
    sentence = re.sub(rf"{_ALONE}{any_name}{value}(?: \(--[^()]*\))?", _flag_and_value, sentence)
    sentence = re.sub(rf"{_ALONE}{long_name}{_NOT_GOING_ON}", _flag_and(""), sentence)
    # How sentences are passed in Python helps nobody at a terminal.
    return re.sub(r" To pass sentences, pass lists of tokens,.*?\]\.", "", sentence)


def as_typed_to(command: str, options: Container[str], sentence: str) -> str:
    """Return a sentence as `as_typed` does, and say which of the options in it another command has.

    >>> as_typed_to("compare", {"epochs"}, "Use more text, or sample=0 instead of 0.001.")
    'Use more text, or --sample 0 instead of 0.001. `kotovec compare` has no --sample; `kotovec train` has.'
    """
    sentence = as_typed(sentence)
    missing = [
        _flag(name)
        for name in _option_names()
        if name not in options and re.search(rf"{_ALONE}{_flag(name)}{_NOT_GOING_ON}(?!-)", sentence)
    ]
    if not missing:
        return sentence
    return f"{sentence} `kotovec {command}` has no {' and no '.join(missing)}; `kotovec train` has."


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _switch(found: re.Match[str]) -> str:
    return _flag(found[1] if found[2] == "True" else f"no_{found[1]}")


def _flag_and(rest: str) -> Callable[[re.Match[str]], str]:
    return lambda found: _flag(found[1]) + rest


def _flag_and_value(found: re.Match[str]) -> str:
    return f"{_flag(found[1])} {next(filter(None, found.groups()[1:]))}"


@functools.cache
def _option_names() -> tuple[str, ...]:
    """Return the names of the options of `kotovec train`, as Python writes them."""
    from inspect import signature

    from kotovec.cli.train import command

    return tuple(name for name in signature(command).parameters if name not in ("text", "output"))
