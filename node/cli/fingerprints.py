"""Fingerprints as people type them: in fours, with capitals, or as 64 digits."""

from __future__ import annotations

import click

_DIGITS = 64


class Fingerprint(click.ParamType):
    """A fingerprint of a key set; its value is 64 lower-case hex digits.

    ``3F2A 91C0 …`` in fours and ``3f2a91c0…`` in one word are the same.
    """

    name = "hex"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the 64 digits, or end with a usage error."""
        digits = "".join(value.split()).lower()
        if len(digits) != _DIGITS or not set(digits) <= set("0123456789abcdef"):
            self.fail("a fingerprint is 64 hex digits, in fours or not.", param, ctx)
        return digits


fingerprint_option = click.option(
    "--fingerprint",
    type=Fingerprint(),
    metavar="HEX",
    help="The publisher's fingerprint as you were told it, in fours or not.",
)
