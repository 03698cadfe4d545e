"""The controlled words of the catalogue: kinds, stages, roles and topics.

A vocabulary says which words mean something to every reader. It never rejects what
somebody else wrote: an unknown word from a peer or an import is kept and flagged, only
an entry written here must use a known one.

Topics are short URIs ``scheme:term``, for example ``ogp:open-data``, ``sdg:16``,
``pccat:e-signature``. The ``ogp`` tags form a small hierarchy in which a tag can have two
parents; ``pccat`` and ``pcscope`` are the categories and scopes of the publiccode.yml
standard; ``eutheme`` are the data themes of the EU vocabularies.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS: Final = ("software", "service", "dataset", "standard", "process", "participation")

# Ordered: each stage usually follows the one before.
LIFECYCLES: Final = (
    "idea", "planned", "development", "pilot", "live", "maintenance-only", "retired", "abandoned",
)  # fmt: skip

# Tag -> parents, from the strategy paper of the Open Government Partnership.
OGP_PARENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "open-digital": (),
    "open-data": ("open-digital",),
    "e-petitions": ("open-digital",),
    "digital-inclusion": ("open-digital",),
    "automated-decision-making": ("open-digital", "digital-governance"),
    "digital-government": ("open-digital",),
    "open-source": ("open-digital",),
    "data-strategy": ("open-digital",),
    "digital-governance": (),
    "data-stewardship-and-privacy": ("digital-governance",),
}

TOPIC_ALIASES: Final[Mapping[str, str]] = {"ogp:e-government": "ogp:digital-government"}

# Topic scheme -> its terms.
TOPICS: Final[Mapping[str, frozenset[str]]] = {
    "ogp": frozenset(OGP_PARENTS),
    "sector": _words(
        "civic-participation public-integrity anti-corruption beneficial-ownership open-contracting "
        "fiscal-openness asset-declarations environment-climate extractives justice gender sexual-minorities "
        "marginalized-communities disability-accessibility health education social-welfare public-services "
        "procurement identity connectivity digital-literacy cybersecurity iot data-science-ai "
        "legal-innovation innovation-methods democracy local-government accountability"
    ),
    "sdg": frozenset(str(number) for number in range(1, 18)),
    "eutheme": _words("agri econ educ ener envi gove heal intr just regi soci tech tran"),
    "pcscope": _words(
        "agriculture culture defence education emergency-services employment energy environment "
        "finance-and-economic-development foreign-affairs government healthcare infrastructures justice "
        "local-authorities manufacturing research science-and-technology security society sport tourism "
        "transportation welfare"
    ),
    "pccat": _words(
        "accounting agile-project-management applicant-tracking application-development "
        "appointment-scheduling backup billing-and-invoicing blog budgeting business-intelligence "
        "business-process-management cad call-center-management cloud-management collaboration "
        "communications compliance-management contact-management content-management crm "
        "customer-service-and-support data-analytics data-collection data-visualization design "
        "design-system digital-asset-management digital-citizenship document-management donor-management "
        "e-commerce e-signature educational-content email-management email-marketing employee-management "
        "enterprise-project-management enterprise-social-networking erp event-management "
        "facility-management feedback-and-reviews-management financial-reporting fleet-management "
        "fundraising gamification geographic-information-systems grant-management graphic-design help-desk "
        "hr ide identity-management instant-messaging integrated-library-system inventory-management "
        "it-asset-management it-development it-management it-security it-service-management "
        "knowledge-management learning-management-system marketing mind-mapping mobile-marketing "
        "mobile-payment network-management office online-booking online-community other payment-gateway "
        "payroll predictive-analysis procurement productivity-suite project-collaboration "
        "project-management property-management real-estate-management regulations-and-directives "
        "remote-support resource-management sales-management seo service-desk social-media-management "
        "survey talent-management task-management taxes-management test-management time-management "
        "time-tracking translation video-conferencing video-editing visitor-management voip "
        "warehouse-management web-collaboration web-conferencing website-builder whistleblowing "
        "workflow-management"
    ),
}

# Vocabulary name -> its words. protocol.parts and protocol.statement name one where a field has one.
VOCABULARIES: Final[Mapping[str, frozenset[str]]] = {
    "kind": frozenset(KINDS),
    "lifecycle": frozenset(LIFECYCLES),
    "partner role": _words("owner maintainer funder implementer partner community"),
    "provider role": _words("contractor support hosting training integrator"),
    "identifier scheme": _words("repo swhid doi wikidata purl dpg dcat url domain"),
    "audience": _words(
        "citizens business public-servants developers civil-society researchers educators journalists"
    ),
    "level": _words("local regional national supranational"),
    "media type": _words("logo screenshot video"),
    "link rel": _words(
        "landing docs api-docs demo issues forum changelog updates-feed feedback roadmap download"
    ),
    "maintenance mode": _words("internal contract community none unknown"),
    "source access": _words("open government closed"),
    "cost": _words("free cost-recovery paid mixed"),
    "base relation": _words("variant fork localisation inspired"),
    "dependency type": _words("open proprietary hardware data service"),
    "conformance status": _words("claimed tested certified"),
    "roadmap stage": _words("proposed planned in-progress done dropped"),
    "roadmap openness": _words("ideas feedback pilot co-develop co-fund"),
    "seeking": _words(
        "collaborators contributors maintainer pilot-sites reuse-partners funding supplier feedback "
        "translation advice"
    ),
    "offering": _words("hosting mentoring training code data co-funding support"),
    "compensation": _words("none expenses paid contract grant prize"),
    "evidence type": _words("evaluation rct survey case-study publication"),
    "funding type": _words("public-grant sponsorship endowment crowdfunding service budget"),
    "commitment scheme": _words("ogp nap law"),
    "personal data": _words("none some sensitive"),
    "translator": _words("human machine"),
    "software type": _words(
        "standalone/mobile standalone/iot standalone/desktop standalone/web standalone/backend "
        "standalone/other addon library configurationFiles"
    ),
    "effort": _words("hours days weeks months"),
    "channel": _words("online api phone post in-person"),
    "standard status": _words("draft adopted deprecated"),
    "process form": _words("guide template pattern training policy content practice"),
    "participation status": _words("planned open closed-analysing report-published no-report cancelled"),
    "participant identity": _words("anonymous pseudonymous verified"),
    "use status": _words("interested evaluation pilot production retired"),
    "changes": _words("none configured extended forked"),
    "relation": _words("sameAs notSameAs coMaintains translationOf"),
    "withdrawal reason": _words("withdrawn error merged moved legal"),
    "vouch type": _words("identity mandate recommend deprecate audit badge conformance award review"),
    "list purpose": _words("collection allow block"),
    "publisher type": _words(
        "national regional local agency supranational public-company academic civil-society community company"
    ),
}

_TOPIC_WORDS: Final = frozenset(TOPIC_ALIASES).union(
    f"{scheme}:{term}" for scheme, terms in TOPICS.items() for term in terms
)


def is_known(vocabulary: str, word: str) -> bool:
    """Tell whether a word belongs to a vocabulary; ``"topic"`` covers every topic scheme.

    Raises:
        KeyError: no such vocabulary.
    """
    return word in words_of(vocabulary)


def words_of(vocabulary: str) -> frozenset[str]:
    """Return the words of a vocabulary; those of ``"topic"`` have their scheme: ``ogp:open-data``.

    Raises:
        KeyError: no such vocabulary.
    """
    return _TOPIC_WORDS if vocabulary == "topic" else VOCABULARIES[vocabulary]


def suggestion(vocabulary: str, word: str) -> str:
    """Return a hint for a word that a vocabulary does not have: the nearest words, or all of them."""
    if vocabulary == "topic":
        words = sorted(f"{scheme}:{term}" for scheme, terms in TOPICS.items() for term in terms)
    else:
        words = sorted(VOCABULARIES[vocabulary])
    near = get_close_matches(word, words, n=3)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if vocabulary == "topic":
        return f"Use scheme:term, with one of the schemes {', '.join(sorted(TOPICS))}."
    return f"Use one of: {', '.join(words)}."


def broader_topics(topic: str) -> tuple[str, ...]:
    """Return a topic under its own name followed by all its parents, each once."""
    found = [TOPIC_ALIASES.get(topic, topic)]
    for known in found:
        scheme, _, term = known.partition(":")
        for parent in OGP_PARENTS.get(term, ()) if scheme == "ogp" else ():
            found.append(f"ogp:{parent}")  # noqa: PERF401 - found grows while it is walked: parents of parents
    return tuple(dict.fromkeys(found))
