"""The options of `kotovec train`, each with the default that the library itself has for it.

On the command line every one of them defaults to None, "not given"; what was not given is not passed
on. So a default lives in one place, the model or `kotovec.train`, and the help reads it from there.
"""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from kotovec.cli.typed import number, whole_number
from kotovec.models import CBOW, SkipGram

# The defaults of kotovec.train for the help's eyes only: importing kotovec.training to read them would
# make --help wait for NumPy. A test holds this table to the signature.
TRAINING_DEFAULTS = {"min_count": 5, "seed": 1, "tokenizer": "whitespace"}


class ModelName(StrEnum):
    """What `--model` takes."""

    skipgram = "skipgram"
    cbow = "cbow"


class TokenizerName(StrEnum):
    """What `--tokenizer` takes."""

    whitespace = "whitespace"
    words = "words"
    ja = "ja"


class LossName(StrEnum):
    """What `--loss` takes."""

    negative_sampling = "negative_sampling"
    hierarchical_softmax = "hierarchical_softmax"
    softmax = "softmax"


class CBOWGradient(StrEnum):
    """What `--cbow-gradient` takes."""

    exact = "exact"
    word2vec = "word2vec"


MODELS: dict[ModelName, type[SkipGram] | type[CBOW]] = {ModelName.skipgram: SkipGram, ModelName.cbow: CBOW}


def _model_default(field_name: str) -> str:
    """Return the default of an option as the help shows it: one value, or one for each model."""
    return _one_or_each(
        {
            name.value: getattr(model(), field_name)
            for name, model in MODELS.items()
            if field_name in {field.name for field in dataclasses.fields(model)}
        }
    )


def _one_or_each(found: dict[str, object]) -> str:
    values = list(dict.fromkeys(found.values()))
    if len(values) == 1:
        return str(values[0])
    return ", ".join(f"{value} for {name}" for name, value in found.items())


def _option(flag: str, text: str, default: object = None, metavar: str | None = None) -> Any:  # noqa: ANN401
    shown = f" [default: {default}]" if default is not None else ""
    parser = {"N": whole_number, "F": number}.get(metavar or "")
    return typer.Option(flag, metavar=metavar, parser=parser, help=text + shown, show_default=False)


def _of_model(flag: str, text: str, metavar: str | None = None) -> Any:  # noqa: ANN401
    return _option(flag, text, _model_default(flag.removeprefix("--").replace("-", "_")), metavar)


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

VectorSize = Annotated[int | None, _of_model("--vector-size", "Numbers in a vector.", "N")]
Window = Annotated[int | None, _of_model("--window", "Words of context on each side, at most.", "N")]
Negative = Annotated[int | None, _of_model("--negative", "Noise words weighed against each pair.", "N")]
SharedNegatives = Annotated[
    int | None, _of_model("--shared-negatives", "Noise words drawn for a stretch of text.", "N")
]
Loss = Annotated[LossName | None, _of_model("--loss", "How the right word is told from the others.")]
Sample = Annotated[float | None, _of_model("--sample", "Words above this share are thinned out.", "F")]
LearningRate = Annotated[float | None, _of_model("--learning-rate", "Rate at the start.", "F")]
Gradient = Annotated[
    CBOWGradient | None, _of_model("--cbow-gradient", "For cbow: the true one, or that of older tools.")
]

MinCount = Annotated[int | None, _of_training("--min-count", "Rarer words are left out.", "N")]
MaxVocab = Annotated[int | None, _option("--max-vocab", "Keep the N most frequent words.", "all", "N")]
Epochs = Annotated[
    int | None,
    _option(
        "--epochs",
        "Times through the text.",
        _one_or_each({name.value: model.default_epochs for name, model in MODELS.items()}),
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
Report = Annotated[
    Path | None, _option("--report", "Write figures about the run there.", metavar="FILE.json")
]
