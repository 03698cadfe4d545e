"""The blocks that belong to one kind of entry: software, service, dataset and so on.

An entry of kind ``service`` may carry a ``service`` block, and so for each kind::

    {"kind": "service", "service": {"channels": [{"type": "online", "url": "https://…"}]}, …}
"""

# ruff: noqa: RUF012 - msgspec gives every struct its own copy of an empty default

from __future__ import annotations

from typing import Annotated

import msgspec

from .fields import URL, License, Line, Part, Period, Ref, Sha256, Texts, Url, rule


class Deployment(Part, frozen=True):
    """What it takes to run the software."""

    docs: Url = ""
    image: Line = ""
    demo: Url = ""
    effort: Annotated[str, rule(vocabulary="effort")] = ""


class Software(Part, frozen=True):
    """Facts about a piece of software that last; its version does not."""

    type: Annotated[str, rule(vocabulary="software type")] = ""
    platforms: tuple[Line, ...] = ()
    programming_languages: tuple[Line, ...] = ()
    deployment: Deployment | None = None


class Channel(Part, frozen=True):
    """One way to reach a service or to take part."""

    type: Annotated[str, rule(vocabulary="channel", required=True)] = ""
    url: Url = ""
    place: Line = ""


class Service(Part, frozen=True):
    """Facts about a public service or an interface."""

    channels: tuple[Channel, ...] = ()
    endpoints: tuple[Url, ...] = ()
    legal_basis: tuple[Line, ...] = ()
    cost: Line = ""
    duration: Line = ""
    outputs: Texts = {}
    life_events: tuple[Line, ...] = ()


class Distribution(Part, frozen=True):
    """One form in which a dataset can be had."""

    # DCAT's own spelling; camel case alone would make it accessUrl.
    access_url: Annotated[str, rule("url", most=URL, required=True)] = msgspec.field(
        name="accessURL", default=""
    )
    media_type: Line = ""
    license: License = ""
    bytes: int | None = None
    sha256: Sha256 = ""


class Dataset(Part, frozen=True):
    """Facts about a dataset."""

    distributions: tuple[Distribution, ...] = ()
    frequency: Line = ""
    temporal: Line = ""
    spatial: Line = ""
    schema_url: Url = ""
    personal_data: Annotated[str, rule(vocabulary="personal data")] = ""


class Standard(Part, frozen=True):
    """Facts about a standard."""

    acronym: Line = ""
    body: Line = ""
    version: Line = ""
    spec_url: Url = ""
    status: Annotated[str, rule(vocabulary="standard status")] = ""
    test_suite: Url = ""


class File(Part, frozen=True):
    """A document that can be taken along."""

    url: Annotated[str, rule("url", most=URL, required=True)] = ""
    media_type: Line = ""
    editable: bool | None = None


class Process(Part, frozen=True):
    """Facts about a guide, template, training, policy or practice."""

    form: Annotated[str, rule(vocabulary="process form")] = ""
    files: tuple[File, ...] = ()


class Participation(Part, frozen=True):
    """Facts about a consultation or another way of taking part."""

    method: tuple[Line, ...] = ()
    status: Annotated[str, rule(vocabulary="participation status", required=True)] = ""
    opens: Period = ""
    closes: Period = ""
    channels: tuple[Channel, ...] = ()
    who_can_take_part: Texts = {}
    identity: Annotated[str, rule(vocabulary="participant identity")] = ""
    how_input_is_used: Texts = {}
    platform: Ref = ""
    participants: int | None = None
    report: Url = ""
    outcome: Texts = {}
    decision: Url = ""
