"""What the demo's three publishers publish: YAML files in ``samples/``, beside this module.

One file is one publisher::

    publisher: {name: Ville d'Exemple, log: exemple, language: fr}
    defaults: {type: entry, v: 1, modified: "2026-05-04T08:00:00Z", …}
    entries:
      - {slug: decidim, kind: software, name: {fr: Decidim}, …}

``defaults`` are merged into each entry. The publishers are invented; what they describe is
real, and several of the things are described by more than one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, cast

from node.interop.yaml_loader import load_yaml
from protocol.packing import Value

FILES: Final = ("city.yaml", "agency.yaml", "civic-group.yaml")
"""In the order of the demo's nodes: A, B, C."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one publisher of the demo says.

    Attributes:
        key: The name of its file, without the ending; its node's folder is called the same.
        name: The publisher's name.
        log: The name in its log's origin.
        language: The language it mostly writes.
        entries: Payloads, complete and valid as entries that are written here.
        later: The same, to be published while the tour runs.
    """

    key: str
    name: str
    log: str
    language: str
    entries: tuple[dict[str, Value], ...]
    later: tuple[dict[str, Value], ...] = ()


def load_samples() -> tuple[Sample, ...]:
    """Return the three publishers, in the order of :data:`FILES`."""
    folder = files(__package__) / "samples"
    return tuple(_read(name, (folder / name).read_bytes()) for name in FILES)


def _read(name: str, data: bytes) -> Sample:
    # These files are ours and tested: a slip in one may show as a plain KeyError.
    document = cast("dict[str, Any]", load_yaml(data))
    publisher, defaults = document["publisher"], document["defaults"]
    return Sample(
        key=name.removesuffix(".yaml"),
        name=publisher["name"],
        log=publisher["log"],
        language=publisher["language"],
        entries=tuple({**defaults, **entry} for entry in document["entries"]),
        later=tuple({**defaults, **entry} for entry in document.get("later", ())),
    )
