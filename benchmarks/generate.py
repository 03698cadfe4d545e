"""A seeded generator of entries shaped like real catalogue records.

The shape (how many languages, which fields, how long the texts are) follows what was
measured on public catalogues: most records have one language block, one in five has two;
short descriptions around 75 characters, long ones around 350 with a long tail; a median
record near 1.2 kB. The words are invented: syllables drawn per language, used with Zipf's
frequencies, so that the text compresses about as real prose does and no benchmark
depends on data that cannot be published. The same seed gives the same entries.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator
from typing import Any

_SYLLABLES = {
    "en": "ing the and ter tion er re con pro ment al ly ed ser vice da ta form pub lic o pen ci".split(),
    "fr": "la le de ment tion ser vi ce pu blic que eur ci toy en dé mar che ou vert pla te for mes".split(),
    "it": "zio ne pub bli ca ser vi zi co mu ne cit tà di gi ta le per la re te a per to pia no".split(),
    "de": "ung ver wal tung dienst ge mein de stadt of fen da ten plan be tei li gung für und".split(),
    "es": "ción ser vi cio pú bli co ciu dad da tos a bier to plan ges tión de la par ti ci pa red".split(),
    "nl": "ing ge meen te dienst o pen ba re ge ge vens plan be heer voor de stad lijk heid be".split(),
}
_LANGUAGES = (("en", 44), ("it", 24), ("fr", 12), ("nl", 10), ("de", 6), ("es", 4))
_VOCABULARY = 6_000
_KINDS = (
    ("software", 62),
    ("service", 12),
    ("dataset", 12),
    ("standard", 5),
    ("process", 6),
    ("participation", 3),
)
_LIFECYCLES = (
    "idea",
    "planned",
    "development",
    "pilot",
    "live",
    "live",
    "live",
    "maintenance-only",
    "retired",
)
_LICENCES = (
    "MIT",
    "Apache-2.0",
    "EUPL-1.2",
    "GPL-3.0-or-later",
    "AGPL-3.0-or-later",
    "BSD-3-Clause",
    "CC0-1.0",
)
_TOPICS = (
    "ogp:open-data", "ogp:e-petitions", "ogp:digital-government", "ogp:open-source", "sector:health",
    "sector:education", "sector:local-government", "sector:environment-climate", "sector:procurement",
    "sector:identity", "sector:public-services", "sector:cybersecurity",
)  # fmt: skip
_COUNTRIES = ("IT", "NL", "FR", "DE", "GB", "ES", "SE", "CH", "AT", "LT", "US", "CA", "TW", "BR", "IN")


class _Words:
    """Zipf-distributed invented words of one language."""

    def __init__(self, language: str, rng: random.Random) -> None:
        syllables = _SYLLABLES[language]
        seen: dict[str, None] = {}
        while len(seen) < _VOCABULARY:
            seen["".join(rng.choices(syllables, k=rng.choice((1, 2, 2, 3, 3, 4))))] = None
        self._words = list(seen)
        weights = (1 / rank**0.95 for rank in range(1, _VOCABULARY + 1))
        self._cumulative = list(itertools.accumulate(weights))

    def text(self, rng: random.Random, length: int) -> str:
        """Return prose of about ``length`` characters, with sentences."""
        words: list[str] = []
        used = 0
        top = self._cumulative[-1]
        while used < length:
            word = self._words[bisect.bisect(self._cumulative, rng.random() * top)]
            words.append(word)
            used += len(word) + 1
        for start in range(0, len(words), 14):
            words[start] = words[start].capitalize()
            end = min(start + 13, len(words) - 1)
            words[end] += "."
        return " ".join(words)


def _weighted(rng: random.Random, table: tuple[tuple[str, int], ...]) -> str:
    names, weights = zip(*table, strict=True)
    return str(rng.choices(names, weights)[0])


def entries(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield ``count`` entry payloads (dicts in the entry model), the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    words = {language: _Words(language, rng) for language, _ in _LANGUAGES}
    for number in range(count):
        yield _entry(rng, words, number)


def _entry(rng: random.Random, words: dict[str, _Words], number: int) -> dict[str, Any]:
    languages = [_weighted(rng, _LANGUAGES)]
    if rng.random() < 0.2:  # noqa: PLR2004 - one record in five has a second language
        second = _weighted(rng, _LANGUAGES)
        languages += [second] if second not in languages else []
    kind = _weighted(rng, _KINDS)
    owner = words["en"].text(rng, 8).strip(".").replace(" ", "-").lower()
    host = f"https://code.example/{owner}/{number:x}"
    entry: dict[str, Any] = {
        "type": "entry",
        "v": 1,
        "kind": kind,
        "modified": f"20{rng.randint(19, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T09:00:00Z",
        "name": {tag: words[tag].text(rng, rng.randint(6, 34)).rstrip(".") for tag in languages},
        "summary": {tag: words[tag].text(rng, rng.randint(40, 130)) for tag in languages},
        "description": {
            tag: words[tag].text(rng, min(9_000, int(rng.lognormvariate(5.7, 0.75)))) for tag in languages
        },
        "topics": sorted(rng.sample(_TOPICS, rng.randint(1, 3))),
        "lifecycle": rng.choice(_LIFECYCLES),
        "jurisdictions": [rng.choice(_COUNTRIES)],
        "languages": sorted(languages),
        "links": [{"rel": "landing", "url": host + "/about"}, {"rel": "docs", "url": host + "/docs"}],
        "identifiers": [{"scheme": "repo", "value": host}],
    }
    if rng.random() < 0.7:  # noqa: PLR2004 - as often as real records list features
        entry["features"] = {
            tag: [words[tag].text(rng, rng.randint(12, 60)) for _ in range(rng.randint(1, 6))]
            for tag in languages
        }
    if kind not in {"service", "participation"}:
        entry["license"] = rng.choice(_LICENCES)
    entry.update(_kind_block(rng, kind, host))
    return entry


def _kind_block(rng: random.Random, kind: str, host: str) -> dict[str, Any]:
    """Return the block that entries of this kind carry, and what the kind requires beside it."""
    match kind:
        case "software":
            return {
                "maintenance": {"mode": rng.choice(("internal", "contract", "community", "none"))},
                "software": {
                    "type": "standalone/web",
                    "platforms": ["web"],
                    "programmingLanguages": ["Python"],
                },
            }
        case "service":
            return {
                "service": {"channels": [{"type": "online", "url": host}]},
                "access": {"source": "closed"},
            }
        case "dataset":
            return {"dataset": {"distributions": [{"accessURL": host + ".csv", "mediaType": "text/csv"}]}}
        case "standard":
            return {"standard": {"specUrl": host + "/spec", "status": "adopted"}}
        case "process":
            return {"process": {"form": "guide", "files": [{"url": host + ".pdf", "editable": False}]}}
        case _:
            return {"participation": {"status": "planned"}, "access": {"source": "open"}}
