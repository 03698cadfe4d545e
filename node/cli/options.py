"""Options that several commands share and mean the same by."""

from __future__ import annotations

import click

yes_option = click.option("--yes", "-y", is_flag=True, help="Agree to every question.")
log_name_option = click.option(
    "--log", "log_name", metavar="NAME", help="The log's short name in its origin: a-z, 0-9, hyphens."
)
origin_option = click.option(
    "--log",
    "log",
    metavar="LOG",
    help="Which own log: its origin or its name. Needed where there are several.",
)
