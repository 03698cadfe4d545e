"""What a publisher says who means harm: something that would run, wherever anything can be said.

state(publisher)      # puts entries, uses, plans, a profile and the rest of it into a log
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from tests.publisher import NOW, Publisher

REPO: Final = "https://github.com/acme/tool"
NEXT: Final = dt.datetime.fromtimestamp(NOW + 90 * 86_400, dt.UTC).date().isoformat()

PAYLOADS: Final = (
    "<script>xss()</script>",
    '"><img src=x onerror=xss()>',
    "'><svg onload=xss()>",
    "</title><script>xss()</script>",
    "</bdi></main><iframe srcdoc='<script>xss()</script>'>",
    "javascript:xss()",
    " JaVaScRiPt:xss()",
    "java\tscript:xss()",
    "data:text/html,<script>xss()</script>",
    "vbscript:xss()",
    'https://x.example/"onmouseover="xss()',
    "//x.example/xss",
    "{{ 7*7 }}{% raw %}{{ xss }}",
    "%(count)s %s %(xss)s {0} {xss}",
    "&lt;script&gt;xss()&lt;/script&gt;&#60;xss",
    "<!--<xss>-->]]><![CDATA[<xss>",
    "\u202exss\u2066\ufeff\u0000<xss>",
    "<base href=//x.example/><meta http-equiv=refresh content=0><link rel=stylesheet href=//x.example>",
    "</text></svg><script>xss()</script>",
    "</textarea><input autofocus onfocus=xss()>",
    "</option></select><details open ontoggle=xss()>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=xss()&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=xss()>'>",
    "<style>@import '//x.example/xss'; * { background: url(//x.example/xss) }</style>",
    "<object data='javascript:xss()'></object><embed src='//x.example/xss'>",
    "<form id=compare action=//x.example><button autofocus>xss</button></form>",
)
ALLOWED: Final = tuple(
    re.sub("[\u0000-\u001f\u202a-\u202e\u2066-\u2069\ufeff]", "", each) for each in PAYLOADS
)
"""The same without control characters: a text that has any is no statement."""

WORST: Final = " ".join(ALLOWED)
"""Everything at once."""


def texts(bad: str) -> dict[str, str]:
    return {"en": bad, "fr": f"fr {bad}"}


def entry_with(bad: str) -> dict[str, Any]:
    """Return an entry that says something bad wherever anything can be said."""
    call = {
        "id": "a", "type": bad, "text": texts(bad), "skills": [bad], "languages": [bad], "places": [bad],
        "compensation": {"kind": bad, "amount": bad, "url": bad}, "until": NEXT, "contact": bad,
    }  # fmt: skip
    plan = {
        "id": "p", "title": texts(bad), "text": texts(bad), "stage": bad, "from": "2027-Q1", "to": NEXT,
        "topics": [bad, "sector:democracy"], "openTo": [bad], "url": bad,
    }  # fmt: skip
    single = dict.fromkeys(
        ("slug", "kind", "subtype", "created", "modified", "reviewed", "lifecycle", "license", "level",
         "lifecycleSince", "copyright", "metadataLicense"),
        bad,
    )  # fmt: skip
    return {
        "type": "entry", "v": 1, **single, "kind": "software",
        "name": texts(f"tool {bad}"), "summary": texts(bad), "description": texts(bad), "purpose": texts(bad),
        "features": {"en": [bad]}, "keywords": {"en": [bad], bad[:20]: [bad]},
        "topics": [bad, "sector:democracy"], "audience": [bad], "jurisdictions": [bad], "notFor": [bad],
        "languages": [bad], "aliases": [bad], "identifiers": [{"scheme": bad, "value": bad},
                                                            {"scheme": "repo", "value": REPO}],
        "media": [{"type": "logo", "url": bad, "alt": texts(bad)}],
        "links": [{"rel": bad, "url": bad, "lang": bad}, {"rel": "landing", "url": bad}],
        "partners": [{"ref": bad, "name": bad, "role": bad}, {"uri": bad, "name": bad, "role": "maintainer"}],
        "maintenance": {"mode": bad, "supportUntil": bad},
        "providers": [{"name": bad, "uri": bad, "role": bad}],
        "contact": {"role": texts(bad), "email": bad, "url": bad},
        "access": {"source": bad, "text": texts(bad)},
        "basedOn": [{"ref": bad, "relation": bad}], "partOf": [bad], "replaces": [bad], "relatedTo": [bad],
        "dependsOn": [{"name": bad, "ref": bad}], "conformsTo": [{"ref": bad}],
        "claimedUsers": [{"name": bad, "uri": bad}], "roadmap": [plan], "seeking": [call], "offering": [call],
        "lessons": [{"text": texts(bad), "url": bad}], "funding": [{"by": bad, "url": bad}],
        "software": {"type": bad, "platforms": [bad]}, "source": {"format": bad, "url": bad},
        "incomplete": [bad], "x": {bad[:20]: {bad[:20]: bad}},
    }  # fmt: skip

    # A text with control characters is no statement.


def state(publisher: Publisher, *, alone: bool) -> None:
    """Let a log say, take back and change something bad in statements of every type, and publish that.

    Args:
        publisher: The log.
        alone: Whether what must stand alone to do harm stands alone, such as ``javascript:``; else all of it
            stands together in every field.
    """
    target = [each for each in ALLOWED if ":" in each[:12]][:4] if alone else [WORST[:900], WORST[900:1_800]]
    publisher.put(
        {
            "type": "profile",
            "v": 1,
            "name": texts(WORST[:900]),
            "publisherType": ALLOWED[0],
            "jurisdiction": ALLOWED[1],
            "identifiers": [{"scheme": ALLOWED[2], "value": ALLOWED[3]}],
            "contact": {"role": texts(ALLOWED[0]), "email": ALLOWED[1], "url": ALLOWED[5]},
        }
    )
    for bad in target:
        described = f"{publisher.origin}/e/{publisher.put(entry_with(bad)).hex()}"
        for payload in _said_of(described, bad):
            publisher.put({"v": 1, **payload})
    again = publisher.put(entry_with(WORST[:1_000]))
    publisher.publish()
    publisher.put(entry_with(WORST[500:1_500]), again)
    gone = publisher.put(entry_with(ALLOWED[0]))
    publisher.publish()
    publisher.withdraw(gone, reason=ALLOWED[0], successor=ALLOWED[5], text=texts(ALLOWED[1]))
    publisher.publish()


def _said_of(entry: str, bad: str) -> tuple[dict[str, Any], ...]:
    """Return statements about something."""
    use = {
        "type": "use", "target": REPO, "status": bad, "since": bad, "purpose": texts(bad),
        "lessons": texts(bad), "instance": bad, "changes": bad, "contact": {"email": bad},
    }  # fmt: skip
    vouch = {"type": "vouch", "vouchType": bad, "scheme": bad, "issued": bad, "reason": texts(bad)}
    link = {"type": "link", "subject": entry, "relation": "sameAs", "reason": texts(bad)}
    return (
        use,
        {**use, "target": entry, "status": "production", "since": "2025-01"},
        {**vouch, "target": REPO},
        {**vouch, "target": entry, "vouchType": "recommend", "issued": "2026-01-01"},
        {**link, "target": REPO},
        {**link, "relation": bad, "target": bad},
        {
            "type": "list",
            "name": texts(bad),
            "purpose": bad,
            "text": texts(bad),
            "items": [{"ref": bad, "fingerprint": bad, "reason": texts(bad)}, {"ref": entry}],
        },
    )
