"""Which places lie within which: subdivisions in their country, countries in the Union, all in the world.

Places are codes of ISO 3166-1 and 3166-2, ``EU`` and ``INT``, which stands for everywhere.
"""

from __future__ import annotations

from typing import Final

EU: Final = "EU"
INT: Final = "INT"

# https://european-union.europa.eu/principles-countries-history/eu-countries_en
EU_MEMBERS: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""The countries of the European Union."""


def broader_places(place: str) -> tuple[str, ...]:
    """Return what a place lies within, the nearest first: of ``FR-75`` it is ``FR``, ``EU``, ``INT``."""
    country = place.partition("-")[0]
    within = [country] if country != place else []
    if country in EU_MEMBERS:
        within.append(EU)
    return (*within, INT) if place != INT else ()
