"""The options of `kotovec train`, each with the default that the library itself has for it.

On the command line every one of them defaults to None, "not given"; what was not given is not passed
on. So a default lives in one place, the model or `kotovec.train`, and the help reads it from there.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from kotovec.cli.typed import number, one_of, whole_number
from kotovec.errors import OptionError
from kotovec.models import CBOW, PPMISVD, GloVe, SkipGram
from kotovec.models import Model as AnyModel
from kotovec.models.losses import refuse_negatives

# The defaults of kotovec.train for the help's eyes only: importing kotovec.training to read them would
# make --help wait for NumPy. A test holds this table to the signature.
TRAINING_DEFAULTS = {"min_count": 5, "seed": 1, "tokenizer": "whitespace", "precision": "auto"}


class ModelName(StrEnum):
    """What `--model` takes."""

    skipgram = "skipgram"
    cbow = "cbow"
    glove = "glove"
    ppmi_svd = "ppmi-svd"


class TokenizerName(StrEnum):
    """What `--tokenizer` takes."""

    whitespace = "whitespace"
    words = "words"
    ja = "ja"


class PrecisionName(StrEnum):
    """What `--precision` takes."""

    auto = "auto"
    float32 = "float32"


MODELS: dict[ModelName, type[AnyModel]] = {
    ModelName.skipgram: SkipGram,
    ModelName.cbow: CBOW,
    ModelName.glove: GloVe,
    ModelName.ppmi_svd: PPMISVD,
}
FEW = 2
"""Options that so few models have, stand apart in the help, under the names of those models."""


def built(name: ModelName, typed: Mapping[str, Any]) -> AnyModel:
    """Return the model with the options that were typed; refuse those that only others have.

    Parameters
    ----------
    name
        What `--model` says.
    typed
        What was typed, by parameter; None stands for what was not. What no model has is passed over.
    """
    options = {option: typed[option] for option in typed if typed[option] is not None and _owners(option)}
    for option in options:
        if name not in (owners := _owners(option)):
            raise OptionError(
                f"{_flag(option)} belongs to --model {_listed(owners, 'or')}, not to --model {name.value}."
            )
    model = MODELS[name](**options)
    if "loss" in options:
        # A model takes its own default there; here it is known that somebody has typed it.
        refuse_negatives(type(model).__name__, options["loss"], options)
    return model


def _owners(option: str) -> dict[ModelName, object]:
    """Return the models that have an option, each with its default, as a model that is built has it."""
    return {
        name: getattr(model(), option)
        for name, model in MODELS.items()
        if any(field.name == option for field in dataclasses.fields(model))
    }


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _listed(names: Sequence[str] | Mapping[ModelName, object], last: str) -> str:
    """Return names as a sentence lists them."""
    *others, end = names
    return f"{', '.join(others)} {last} {end}" if others else str(end)


def _one_or_each(found: Mapping[ModelName, object]) -> str:
    """Return a default as the help shows it: one value, or each with the models that have it."""
    if len(values := dict.fromkeys(found.values())) == 1:
        return str(*values)
    having = {value: [name for name in found if found[name] == value] for value in values}
    return ", ".join(f"{value} for {_listed(names, 'and')}" for value, names in having.items())


def _option(
    flag: str, text: str, default: object = None, metavar: str | None = None, section: str | None = None
) -> Any:  # noqa: ANN401
    shown = f" [default: {default}]" if default is not None else ""
    parser: Any = {"N": whole_number, "F": number}.get(metavar or "")
    if metavar and "|" in metavar:
        parser = one_of(metavar.strip("<>").split("|"))
    # The command shows sections by itself, without rich.
    return typer.Option(
        flag, metavar=metavar, parser=parser, help=text + shown, show_default=False, rich_help_panel=section
    )


def _of_model(option: str, text: str) -> Any:  # noqa: ANN401
    """Return an option of some models: what it takes, its defaults and its section are read from them."""
    owners = _owners(option)
    kinds = [typing.get_type_hints(MODELS[name])[option] for name in owners]
    default: str | None = _one_or_each(owners)
    if bool in kinds:
        metavar, default = None, None
    elif int in kinds or float in kinds:
        metavar = "N" if int in kinds else "F"
    else:
        words = dict.fromkeys(word for kind in kinds for word in typing.get_args(kind))
        metavar = f"<{'|'.join(words)}>"
    section = f"Options of {_listed(owners, 'and')}" if len(owners) <= FEW else None
    if section is None and (without := [name for name in MODELS if name not in owners]):
        text = f"{text.removesuffix('.')} (not {_listed(without, 'or')})."
    return _option(_flag(option), text, default, metavar, section)


def _of_training(flag: str, text: str, metavar: str | None = None) -> Any:  # noqa: ANN401
    return _option(flag, text, TRAINING_DEFAULTS[flag.removeprefix("--").replace("-", "_")], metavar)


Text = Annotated[
    list[str],
    typer.Argument(metavar="TEXT", help="Text files, patterns, or - for stdin.", show_default=False),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="FILE", help="Where the vectors go.", show_default=False),
]
Model = Annotated[ModelName, typer.Option("--model", help="What to learn.")]

VectorSize = Annotated[int | None, _of_model("vector_size", "Numbers in a vector.")]
Window = Annotated[int | None, _of_model("window", "Words of context on each side, at most.")]
Representation = Annotated[
    str | None, _of_model("representation", "Which matrix is the word; the blend is W_in + W_out / 4.")
]
Sample = Annotated[float | None, _of_model("sample", "Words above this share are thinned out.")]
LearningRate = Annotated[
    float | None, _of_model("learning_rate", "Rate at the start; less with very many negatives.")
]

Negative = Annotated[
    int | None, _of_model("negative", "Noise words weighed against each pair; 1 with --tied.")
]
SharedNegatives = Annotated[
    int | None, _of_model("shared_negatives", "Noise words drawn for 96 words; more with many negatives.")
]
NegativeExponent = Annotated[
    float | None, _of_model("negative_exponent", "Noise words are drawn by counts to this power.")
]
LastLearningRate = Annotated[float | None, _of_model("last_learning_rate", "Rate at the end.")]
Tied = Annotated[bool | None, _of_model("tied", "One matrix for both roles of a word.")]
Loss = Annotated[str | None, _of_model("loss", "How the right word is told from the others.")]
CBOWGradient = Annotated[str | None, _of_model("cbow_gradient", "The true one, or that of older tools.")]

XMax = Annotated[float | None, _of_model("x_max", "Counts from here on have the full weight.")]
Alpha = Annotated[float | None, _of_model("alpha", "Smaller counts weigh (count / x-max) to this power.")]

DistanceWeighting = Annotated[
    str | None, _of_model("distance_weighting", "What a context counts, by its distance.")
]
ContextSmoothing = Annotated[
    float | None, _of_model("context_smoothing", "Counts of contexts are raised to this power.")
]
Shift = Annotated[float | None, _of_model("shift", "PMI is lowered by the logarithm of this.")]
EigenvalueWeight = Annotated[
    float | None, _of_model("eigenvalue_weight", "Singular values are raised to this power.")
]

MinCount = Annotated[int | None, _of_training("--min-count", "Rarer words are left out.", "N")]
MaxVocab = Annotated[int | None, _option("--max-vocab", "Keep the N most frequent words.", "all", "N")]
Epochs = Annotated[
    int | None,
    _option(
        "--epochs",
        "Times through the text.",
        _one_or_each({name: model.default_epochs for name, model in MODELS.items()}),
        "N",
    ),
]
Workers = Annotated[int | None, _option("--workers", "Threads.", "one for each core", "N")]
Seed = Annotated[int | None, _of_training("--seed", "Another seed, other chances.", "N")]
Tokenizer = Annotated[TokenizerName | None, _of_training("--tokenizer", "How text becomes words.")]
Reproducible = Annotated[
    bool | None,
    _option(
        "--reproducible/--no-reproducible",
        "The same bits at every number of workers, or the last bit of speed.",
        "reproducible",
    ),
]
Precision = Annotated[
    PrecisionName | None,
    _of_training("--precision", "float32 everywhere, or bfloat16 in products where the CPU is faster so."),
]
Report = Annotated[
    Path | None, _option("--report", "Write figures about the run there.", metavar="FILE.json")
]
