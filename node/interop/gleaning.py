"""Taking values out of a foreign document without losing one.

An importer takes what it has a field for; what it took is remembered by its JSON pointer.
Whatever was not taken is the *rest*, which goes under ``x`` of the entry as it stood. So a
value ends in a field, under ``x`` or in a remark, by construction::

    gleaning = Gleaning({"name": "Tool", "colour": "red", "email": "a@b.example"})
    gleaning.line(gleaning.root.child("name"))     # "Tool"
    gleaning.rest()                                # {"colour": "red"}, one remark: /email dropped

Contact data of people stay out, whatever surrounds them: what stands under a key such as ``email``;
in a block about people every text but the organisation's; in every other text e-mail addresses and
telephone numbers. What is taken out is said by its place, never repeated. Where an operator wants
contact data kept, they stay where they are, each with a remark.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from node.privacy.people import is_about_people, is_personal
from node.privacy.texts import Kind, contacts, without_contacts
from protocol.fields import LINE
from protocol.forms import is_url
from protocol.packing import publishable

from .record import Annotation, Fact, Remark, RemarkKind
from .yaml_loader import Yaml

# A statement nests at most eight deep; the rest hangs below the statement, x and the format.
_REST_DEPTH: Final = 6
_REST_KEYS: Final = 256
_FOUND: Final = {Kind.EMAIL: "An e-mail address", Kind.TELEPHONE: "A telephone number"}
# A map of a statement has at most 256 keys; past these the report has the value.
_MAX_ORIGINALS: Final = 200
_BREAKS: Final = re.compile(r"[\t\n]+")


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of the document and where it stands; the value of an absent key is None."""

    value: Yaml
    pointer: str

    def child(self, *names: str) -> Spot:
        """Return the value under the first of the keys that is there, in any letter case."""
        keys = list(self.value) if isinstance(self.value, dict) else []
        for name in names:
            if name in keys:
                return self._at(name)
        for name in names:
            for key in keys:
                if key.strip().lower() == name.lower():
                    return self._at(key)
        return Spot(None, f"{self.pointer}/{_escaped(names[0])}")

    def items(self) -> Iterator[Spot]:
        """Yield the items of a list, or a value that stands where a list should."""
        if isinstance(self.value, list):
            for index, item in enumerate(self.value):
                yield Spot(item, f"{self.pointer}/{index}")
        elif self.value is not None:
            yield self

    def entries(self) -> Iterator[tuple[str, Spot]]:
        """Yield the keys of a map with their values; nothing where there is no map."""
        if isinstance(self.value, dict):
            for key in self.value:
                yield key, self._at(key)

    def _at(self, key: str) -> Spot:
        value = self.value[key] if isinstance(self.value, dict) else None
        return Spot(value, f"{self.pointer}/{_escaped(key)}")


class Gleaning:
    """One pass over one document: what was taken, what is left, what is to be said."""

    def __init__(self, document: dict[str, Yaml], *, keep_contacts: bool = False) -> None:
        self.root = Spot(document, "")
        self.keeps_contacts = keep_contacts
        self.remarks: list[Remark] = []
        self.annotations: list[Annotation] = []
        self.original: dict[str, str | int | bool] = {}
        self._taken: set[str] = set()

    def say(self, kind: RemarkKind, pointer: str, message: str) -> None:
        """Add a remark."""
        self.remarks.append(Remark(kind, pointer, message))

    def peek(self, spot: Spot) -> str:
        """Return a scalar as one clean line without taking it; empty for anything else."""
        if isinstance(spot.value, bool) or not isinstance(spot.value, str | int):
            return ""
        return " ".join(_publishable(str(spot.value)).split())

    def line(self, spot: Spot) -> str:
        """Take a scalar as one clean line; empty, and not taken, when there is none."""
        return self._take(spot, self.peek(spot))

    def prose(self, spot: Spot) -> str:
        """Take a scalar as clean text of any number of lines."""
        if isinstance(spot.value, str):
            return self._take(spot, _publishable(spot.value).strip())
        return self.line(spot)

    def url(self, spot: Spot) -> str:
        """Take a web address; what is none stays in the rest, with a remark."""
        text = self.peek(spot)
        if not text:
            return ""
        if not is_url(text):
            self.say(RemarkKind.FLAGGED, spot.pointer, "This is not a web address; kept under x.")
            return ""
        return "" if self.loses_contacts(spot) else self._take(spot, text)

    def loses_contacts(self, spot: Spot) -> bool:
        """Tell whether taking a scalar takes contact data out of it: an address would lead nowhere then."""
        return not self.keeps_contacts and bool(contacts(self.peek(spot)))

    def flag(self, spot: Spot) -> bool | None:
        """Take a yes or no, also one written as text."""
        if isinstance(spot.value, bool):
            self._taken.add(spot.pointer)
            return spot.value
        word = {"yes": True, "true": True, "no": False, "false": False}.get(self.peek(spot).lower())
        if word is not None:
            self.changed(spot)
        return word

    def changed(self, spot: Spot) -> None:
        """Take a scalar whose entry has another spelling, and keep the one that stood here."""
        self._taken.add(spot.pointer)
        value = spot.value
        if isinstance(value, str):
            value = self._safe(spot, _publishable(value))
        if not isinstance(value, str | int):
            return
        if len(self.original) < _MAX_ORIGINALS:
            self.original[_key(spot.pointer)] = value
        else:
            self.say(RemarkKind.CHANGED, spot.pointer, f"Here stood '{value}'.")

    def note(self, spot: Spot, fact: Fact) -> None:
        """Take a scalar that changes without anybody editing it as an annotation; emptiness stays."""
        if line := self.peek(spot):
            self._taken.add(spot.pointer)
            self.annotations.append(Annotation(fact, without_contacts(line)[:LINE]))
            message = f"This changes by itself: not stated, but noted at this node as '{fact}'."
            self.say(RemarkKind.VOLATILE, spot.pointer, message)

    def leave_out(self, spot: Spot) -> None:
        """Leave out, and say so, what changes by itself and has no name here; emptiness stays."""
        for _, inner in spot.entries():
            self.leave_out(inner)
        if self.peek(spot) and spot.pointer not in self._taken:
            self._taken.add(spot.pointer)
            message = "This changes by itself, so it is looked up and not stated; not imported."
            self.say(RemarkKind.VOLATILE, spot.pointer, message)

    def rest(self) -> Yaml:
        """Return what nobody took, without people and emptiness; say what was left out.

        A map as the document has it, JSON text where it has more keys than a statement may
        hold, or None when everything was taken.
        """
        left = self._left(self.root, about_people=False)
        for key in left if isinstance(left, dict) else ():
            message = "Some of this has no field of its own; kept under x."
            self.say(RemarkKind.KEPT, f"/{_escaped(key)}", message)
        return left

    def _take(self, spot: Spot, text: str) -> str:
        if not text:
            return ""
        self._taken.add(spot.pointer)
        if " ".join(text.split()) != " ".join(unicodedata.normalize("NFC", str(spot.value)).split()):
            self.say(RemarkKind.CHANGED, spot.pointer, "Characters that nobody can see were removed.")
        return self._safe(spot, text)

    def _safe(self, spot: Spot, text: str) -> str:
        """Return a text as it may be published, and say what is or is not in it any more."""
        found = contacts(text)
        for kind in sorted({contact.kind for contact in found}):
            if self.keeps_contacts:
                self.say(RemarkKind.FLAGGED, spot.pointer, f"{_FOUND[kind]} in the text was kept, as asked.")
            else:
                self.say(RemarkKind.DROPPED, spot.pointer, f"{_FOUND[kind]} in the text was not imported.")
        return without_contacts(text) if found and not self.keeps_contacts else text

    def _left(self, spot: Spot, *, about_people: bool) -> Yaml:
        """Return the rest of a value, None when nothing is left."""
        value = spot.value
        if spot.pointer in self._taken:
            return None
        if isinstance(value, dict) and value:
            return self._left_of_map(spot, value, about_people=about_people)
        if isinstance(value, list) and value:
            items = [self._left(item, about_people=about_people) for item in spot.items()]
            return _bounded([item for item in items if item is not None], spot.pointer) or None
        if isinstance(value, bool | int):
            if about_people and self.keeps_contacts:
                self._keep(spot)
            elif about_people and not isinstance(value, bool):
                # Most likely a telephone: digits without quotes are a number to YAML and JSON.
                self._drop(spot)
                return None
            return value
        return self._left_of_text(spot, about_people=about_people)

    def _left_of_text(self, spot: Spot, *, about_people: bool) -> str | None:
        text = _publishable(spot.value).strip() if isinstance(spot.value, str) else ""
        if not text:
            self.say(RemarkKind.EMPTY, spot.pointer, "There is nothing here.")
        elif not about_people:
            return self._take(spot, text)
        elif self.keeps_contacts:
            self._keep(spot)
            return text
        else:
            self._drop(spot)
        return None

    def _left_of_map(self, spot: Spot, value: dict[str, Yaml], *, about_people: bool) -> Yaml:
        found: dict[str, Yaml] = {}
        for (key, inner), raw in zip(spot.entries(), value, strict=True):
            if inner.pointer in self._taken:
                continue
            if is_personal(raw) and not self.keeps_contacts:
                self._drop(inner)
                continue
            inside = about_people or is_personal(raw)
            left = self._left(inner, about_people=is_about_people(raw, inside=inside))
            if left is not None:
                found[_unused(self._safe(inner, _key(key)), found)] = left
        return _bounded(found, spot.pointer) or None

    def _keep(self, spot: Spot) -> None:
        self.say(RemarkKind.FLAGGED, spot.pointer, "Contact data, kept as asked.")

    def _drop(self, spot: Spot) -> None:
        if isinstance(spot.value, dict):
            for _, inner in spot.entries():
                self._drop(inner)
        elif isinstance(spot.value, list):
            for inner in spot.items():
                self._drop(inner)
        elif spot.value is None or spot.value == "":
            self.say(RemarkKind.EMPTY, spot.pointer, "There is nothing here.")
        else:
            self.say(RemarkKind.DROPPED, spot.pointer, "Personal contact data, not imported.")


def _publishable(text: str) -> str:
    """Return a text in the form that statements allow, its lines ended as they are there."""
    return publishable(text.replace("\r\n", "\n").replace("\r", "\n"))


def _key(text: str) -> str:
    """Return a text in the form that keys of statements allow: no tabs and no line breaks."""
    return _BREAKS.sub(" ", _publishable(text))


def _bounded(value: Yaml, pointer: str) -> Yaml:
    """Return a value, as JSON text where a statement could not nest it."""
    if not value:
        return value
    # What lies deeper is inside the text of what lies here.
    too_deep = pointer.count("/") == _REST_DEPTH
    too_wide = isinstance(value, dict) and len(value) > _REST_KEYS
    return json.dumps(value, ensure_ascii=False) if too_deep or too_wide else value


def _unused(key: str, found: dict[str, Yaml]) -> str:
    """Return a key that is not in the map; two can become one when invisible characters go."""
    while key in found:
        key += "_"
    return key


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
