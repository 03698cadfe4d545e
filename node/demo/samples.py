"""What the demo's three publishers publish: YAML files in ``samples/``, beside this module.

One file is one publisher::

    publisher: {name: Ville d'Exemple, log: exemple, language: fr}
    defaults: {type: entry, v: 1, modified: "2026-05-04T08:00:00Z", …}
    profile: {publisherType: local, jurisdiction: FR-69, …}
    statements:
      - {type: use, target: "https://github.com/decidim/decidim", reviewed: "{today-60}T09:00:00Z", …}
    entries:
      - {slug: consul, kind: software, name: {fr: CONSUL Democracy}, …}

``defaults`` are merged into each entry. ``{today-60}`` is the day sixty days ago: plans and calls that are
over would show little. The publishers are invented; what they describe is real, and several of the things are
described by more than one of them.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, cast

from node.interop.yaml_loader import load_yaml
from protocol.packing import Value

FILES: Final = ("city.yaml", "agency.yaml", "civic-group.yaml")
"""In the order of the demo's nodes: A, B, C."""

_DAY: Final = re.compile(r"\{today([+-]\d+)\}")


@dataclass(frozen=True, slots=True)
class Sample:
    """What one publisher of the demo says.

    Attributes:
        key: The name of its file, without the ending; its node's folder is called the same.
        name: The publisher's name.
        log: The name in its log's origin.
        language: The language it mostly writes.
        profile: What it says of itself; its name and its domain are added.
        entries: Payloads, complete and valid as entries that are written here.
        statements: What it says of things that others describe.
        later: The same, to be published while the tour runs.
    """

    key: str
    name: str
    log: str
    language: str
    profile: dict[str, Value]
    entries: tuple[dict[str, Value], ...]
    statements: tuple[dict[str, Value], ...]
    later: tuple[dict[str, Value], ...] = ()


def load_samples(today: dt.date) -> tuple[Sample, ...]:
    """Return the three publishers as they are on a day, in the order of :data:`FILES`."""
    folder = files(__package__) / "samples"
    return tuple(_read(name, _dated((folder / name).read_text("utf-8"), today)) for name in FILES)


def _dated(text: str, today: dt.date) -> bytes:
    return _DAY.sub(lambda match: str(today + dt.timedelta(days=int(match[1]))), text).encode()


def _read(name: str, data: bytes) -> Sample:
    # These files are ours and tested: a slip in one may show as a plain KeyError.
    document = cast("dict[str, Any]", load_yaml(data))
    publisher, defaults = document["publisher"], document["defaults"]
    return Sample(
        key=name.removesuffix(".yaml"),
        name=publisher["name"],
        log=publisher["log"],
        language=publisher["language"],
        profile={
            "type": "profile",
            "v": 1,
            "name": {publisher["language"]: publisher["name"]},
            **document["profile"],
        },
        entries=tuple({**defaults, **entry} for entry in document["entries"]),
        statements=tuple(document["statements"]),
        later=tuple({**defaults, **entry} for entry in document.get("later", ())),
    )
