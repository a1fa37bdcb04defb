"""The typer application: which commands there are."""

from __future__ import annotations

from typing import Annotated

import typer

from kotovec.cli import analogy, compare, convert, demo, evaluate, info, similar, train
from kotovec.cli.sections import SectionedCommand

EXAMPLE = """Example:

\b
  kotovec train wiki.txt.zst -o wiki.safetensors
  kotovec similar wiki.safetensors king
  kotovec analogy wiki.safetensors king man queen

New here? `kotovec demo` needs no text and takes half a minute."""

# Plain help: it appears in a third of the time that rich's boxes need, and it pipes well.
app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (demo, train, similar, analogy, evaluate, compare, convert, info):
    app.command(module.__name__.rpartition(".")[2], cls=SectionedCommand, epilog=module.EXAMPLE)(
        module.command
    )


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"kotovec {version('kotovec')}")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=EXAMPLE)
def kotovec(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Word vectors from your own text: fast, and the same bits every time."""
    if context.invoked_subcommand is None:
        print(context.get_help())
