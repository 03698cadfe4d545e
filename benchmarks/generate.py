"""A seeded generator of entries shaped like real catalogue records.

The shape (how many languages, which fields, how long the texts are) follows what was
measured on public catalogues: most records have one language block, one in five has two;
short descriptions around 75 characters, long ones around 330 with a long tail; a median
record near 1.2 kB. Two things in three have a name of their own, and their repository bears
it. The same seed gives the same entries; ``words`` invents the texts.
"""

from __future__ import annotations

import itertools
import random
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from protocol.vocabulary import TOPICS

from .words import coined, words_of

Entry = dict[str, Any]
"""A payload in the entry model."""

Keyed = tuple[str, Entry]
"""What names an entry, and the entry."""

_LANGUAGES = {"en": 44, "it": 24, "fr": 12, "nl": 10, "de": 6, "es": 4}
_KINDS = {"software": 62, "service": 12, "dataset": 12, "standard": 5, "process": 6, "participation": 3}
_LIFECYCLES = {
    "live": 45,
    "development": 20,
    "pilot": 12,
    "maintenance-only": 8,
    "retired": 6,
    "planned": 5,
    "idea": 4,
}
_LICENCES = {
    "MIT": 25,
    "Apache-2.0": 18,
    "EUPL-1.2": 16,
    "AGPL-3.0-or-later": 12,
    "GPL-3.0-or-later": 12,
    "BSD-3-Clause": 7,
    "CC0-1.0": 6,
    "MIT OR Apache-2.0": 4,
}
_COUNTRIES = {
    code: 100 // rank
    for rank, code in enumerate("IT NL FR DE GB ES US CH SE AT LT CA TW BR IN PT FI".split(), 1)
}
_REGIONS = {"IT": ("IT-25", "IT-62"), "DE": ("DE-BY", "DE-BE"), "FR": ("FR-ARA",), "CH": ("CH-ZH", "CH-GE")}
_REGIONAL = {"de": "de-CH", "fr": "fr-CH", "en": "en-GB"}  # languages of things, as some state them
# A few topics are everywhere, most are rare; the order is a fixed shuffle.
_TOPICS = sorted(
    (f"{scheme}:{term}" for scheme in ("ogp", "sector", "sdg", "pccat") for term in TOPICS[scheme]),
    key=lambda topic: random.Random(topic).random(),  # noqa: S311 - reproducible, not secret
)
_TOPIC_WEIGHTS = tuple(itertools.accumulate(1 / rank for rank in range(1, len(_TOPICS) + 1)))
_HOST = "https://git.catalogue.internal"  # looks like a forge, and a node that runs asks nobody there


def entries(count: int, seed: int = 1) -> Iterator[Entry]:
    """Yield ``count`` entry payloads, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for number in range(count):
        yield _entry(rng, number)


def numbered(told: Iterable[Entry]) -> Iterator[Keyed]:
    """Yield entries with their numbers, which name them."""
    return ((f"{number:08}", entry) for number, entry in enumerate(told))


def retold(told: Iterable[Entry], seed: int = 2) -> Iterator[Entry]:
    """Yield what another publisher says of the same things.

    The repository is the same, in the spellings that people use, and so is the name; texts, stage and
    topics are its own.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for entry in told:
        languages = list(entry["name"])
        url = entry["identifiers"][0]["value"]
        spelling = rng.choice((url, f"{url}.git", f"{url}/", url.replace("://", "://www.", 1)))
        yield (
            entry
            | _texts(rng, languages, "")
            | {
                "modified": _moment(rng),
                "topics": sorted({*entry["topics"][:1], *_topics(rng)}),
                "lifecycle": _weighted(rng, _LIFECYCLES) if rng.random() < 0.3 else entry["lifecycle"],  # noqa: PLR2004
                "jurisdictions": _places(rng),
                "links": [{"rel": "landing", "url": f"https://catalogue.example/{rng.randrange(1 << 32):x}"}],
                "identifiers": [{"scheme": "repo", "value": spelling}],
            }
        )


def edited(told: Iterable[Entry], seed: int = 3) -> Iterator[Entry]:
    """Yield a new version of each entry: another date and summary, of one in three a new description too."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for entry in told:
        fresh = _texts(rng, list(entry["name"]), "")
        changed = {"modified": "2026-11-02T09:00:00Z", "summary": fresh["summary"]}
        if rng.random() < 1 / 3:
            changed |= {"description": fresh["description"], "lifecycle": _weighted(rng, _LIFECYCLES)}
        yield entry | changed


def _entry(rng: random.Random, number: int) -> Entry:
    languages = [_weighted(rng, _LANGUAGES)]
    if rng.random() < 0.2:  # noqa: PLR2004 - one record in five has a second language
        second = _weighted(rng, _LANGUAGES)
        languages += [second] if second not in languages else []
    kind = _weighted(rng, _KINDS)
    proper = coined(rng) if rng.random() < 0.67 else ""  # noqa: PLR2004 - two in three have a name of their own
    name = {tag: _name(rng, tag, proper) for tag in languages}
    owner = _path(words_of("en").text(rng, 8))
    host = f"{_HOST}/{owner}/{_path(proper or name[languages[0]])[:24]}-{number:x}"
    entry: Entry = {
        "type": "entry",
        "v": 1,
        "kind": kind,
        "modified": _moment(rng),
        "name": name,
        **_texts(rng, languages, proper),
        "topics": sorted(_topics(rng)),
        "lifecycle": _weighted(rng, _LIFECYCLES),
        "jurisdictions": _places(rng),
        "languages": sorted(_regional(rng, tag) for tag in languages),
        "links": [{"rel": "landing", "url": host + "/about"}, {"rel": "docs", "url": host + "/docs"}],
        "identifiers": [{"scheme": "repo", "value": host}],
    }
    if rng.random() < 0.7:  # noqa: PLR2004 - as often as real records list features
        entry["features"] = {
            tag: [words_of(tag).text(rng, rng.randint(12, 60)) for _ in range(rng.randint(1, 6))]
            for tag in languages
        }
    if kind not in {"service", "participation"}:
        entry["license"] = _weighted(rng, _LICENCES)
    entry.update(_kind_block(rng, kind, host))
    return entry


def _name(rng: random.Random, tag: str, proper: str) -> str:
    common = words_of(tag).text(rng, rng.randint(6, 24 if proper else 34)).rstrip(".")
    return f"{proper} {common}".strip()


def _texts(rng: random.Random, languages: Iterable[str], proper: str) -> dict[str, dict[str, str]]:
    """Return summary and description; of what has a name of its own the summary says it."""
    return {
        "summary": {
            tag: f"{proper} {words_of(tag).text(rng, rng.randint(40, 130 - len(proper)))}".strip()
            for tag in languages
        },
        "description": {
            tag: words_of(tag).text(rng, min(9_000, int(rng.lognormvariate(5.6, 0.75)))) for tag in languages
        },
    }


def _topics(rng: random.Random) -> set[str]:
    return set(rng.choices(_TOPICS, cum_weights=_TOPIC_WEIGHTS, k=rng.randint(1, 4)))


def _places(rng: random.Random) -> list[str]:
    country = _weighted(rng, _COUNTRIES)
    is_regional = country in _REGIONS and rng.random() < 0.3  # noqa: PLR2004 - most state the country
    return [rng.choice(_REGIONS[country])] if is_regional else [country]


def _regional(rng: random.Random, tag: str) -> str:
    return _REGIONAL[tag] if tag in _REGIONAL and rng.random() < 0.05 else tag  # noqa: PLR2004 - few do


def _moment(rng: random.Random) -> str:
    return f"20{rng.randint(19, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T09:00:00Z"


def _weighted(rng: random.Random, table: dict[str, int]) -> str:
    return str(rng.choices(tuple(table), tuple(table.values()))[0])


def _path(text: str) -> str:
    """Return a segment of a path: ``Dé marche.`` → ``de-marche``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.strip(".").replace(" ", "-").lower()


def _kind_block(rng: random.Random, kind: str, host: str) -> Entry:
    """Return the block that entries of this kind carry, and what the kind requires beside it."""
    match kind:
        case "software":
            return {
                "maintenance": {"mode": rng.choice(("internal", "contract", "community", "none"))},
                "software": {
                    "type": "standalone/web",
                    "platforms": ["web"],
                    "programmingLanguages": [rng.choice(("Python", "PHP", "Java", "JavaScript", "Ruby"))],
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
