"""``python -m node`` and the console script ``fedcat``."""

from __future__ import annotations

import sys

from node.cli.main import run


def main() -> None:
    """Run the command line of this process and end it with the command's exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
