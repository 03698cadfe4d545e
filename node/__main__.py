"""``python -m node`` and the console script ``fedcat``."""

from __future__ import annotations

import os
import sys

from node.cli.main import run


def main() -> None:
    """Run the command line of this process and end it with the command's exit code."""
    fill_closed_streams()
    sys.exit(run())


def fill_closed_streams() -> None:
    """Open stdin, stdout and stderr to nowhere where the caller closed them.

    Else the next file that is opened, such as the database, would get the number of one of them.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest free number is this one's own, as the former ones are open.
            opened = open(os.devnull, "r" if number == 0 else "w", encoding="utf-8")  # noqa: PTH123, SIM115
            setattr(sys, name, opened)


if __name__ == "__main__":
    main()
