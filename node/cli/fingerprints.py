"""Fingerprints as people type them: in fours, with capitals, or as 64 digits."""

from __future__ import annotations

import click

_DIGITS = 64


def fingerprint_of(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return a typed fingerprint as 64 lower-case hex digits; ``3F2A 91C0 …`` is ``3f2a91c0…``.

    Raises:
        click.BadParameter: It is not one.
    """
    if value is None:
        return None
    digits = "".join(value.split()).lower()
    if len(digits) != _DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise click.BadParameter("a fingerprint is 64 hex digits, in fours or not.", context, parameter)
    return digits


fingerprint_option = click.option(
    "--fingerprint",
    callback=fingerprint_of,
    metavar="HEX",
    help="The publisher's fingerprint as you were told it, in fours or not.",
)
