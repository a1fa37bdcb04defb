"""The command line: a thin edge that parses, calls and prints."""

from __future__ import annotations

import gc
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `kotovec` and return its exit status.

    Args:
        arguments: what was typed after `kotovec`; None takes it from `sys.argv`.

    Returns:
        0 done, 1 failed, 2 misused, 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.

    Example:
        >>> main(["--version"])  # doctest: +ELLIPSIS
        kotovec ...
        0
    """
    from kotovec.cli.entry import run

    status = run(arguments)
    if arguments is None:
        # The process ends here; looking through everything for garbage once more would take 0.3 s.
        gc.freeze()
    return status
