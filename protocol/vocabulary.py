"""The controlled words of the catalogue: kinds, stages, roles and topics.

A vocabulary says which words mean something to every reader. It never rejects what
somebody else wrote: an unknown word from a peer or an import is kept and flagged, only
an entry written here must use a known one.

Topics are short URIs ``scheme:term``, for example ``ogp:open-data``, ``sdg:16``,
``pccat:e-signature``. ``ogp`` tags and the narrower topics of the scheme ``topic``, which are
this catalogue's own, lie within broader ones, some within two; ``pccat`` and ``pcscope`` are the
categories and scopes of the publiccode.yml standard; ``eutheme`` are the data themes of the EU
vocabularies. What the words are called in people's languages is said by ``node.vocabularies``.

The words for skills, methods of participation and reasons of access are suggestions: other ones are
not flagged.
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

# Topic -> the broader topics that it is part of. Those of ``ogp`` are from the strategy paper of the Open
# Government Partnership.
TOPIC_PARENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ogp:open-data": ("ogp:open-digital",),
    "ogp:e-petitions": ("ogp:open-digital",),
    "ogp:digital-inclusion": ("ogp:open-digital",),
    "ogp:automated-decision-making": ("ogp:open-digital", "ogp:digital-governance"),
    "ogp:digital-government": ("ogp:open-digital",),
    "ogp:open-source": ("ogp:open-digital",),
    "ogp:data-strategy": ("ogp:open-digital",),
    "ogp:data-stewardship-and-privacy": ("ogp:digital-governance",),
    "topic:participatory-budgeting": ("sector:civic-participation", "sector:fiscal-openness"),
    "topic:public-consultation": ("sector:civic-participation",),
    "topic:citizens-assembly": ("sector:civic-participation", "sector:democracy"),
    "topic:participatory-planning": ("sector:civic-participation", "topic:urban-planning"),
    "topic:collaborative-legislation": ("sector:civic-participation", "sector:legal-innovation"),
    "topic:online-voting": ("sector:democracy",),
    "topic:issue-reporting": ("sector:civic-participation", "sector:public-services"),
    "topic:citizen-science": ("sector:civic-participation",),
    "topic:volunteering": ("sector:civic-participation",),
    "topic:youth-participation": ("sector:civic-participation",),
    "topic:right-to-information": ("sector:accountability",),
    "topic:open-parliament": ("sector:democracy", "sector:accountability"),
    "topic:elections": ("sector:democracy",),
    "topic:lobbying-transparency": ("sector:public-integrity",),
    "topic:whistleblowing": ("sector:anti-corruption",),
    "topic:public-spending": ("sector:fiscal-openness",),
    "topic:urban-planning": ("sector:local-government",),
    "topic:mobility": ("pcscope:transportation",),
    "topic:waste": ("sector:environment-climate",),
    "topic:water": ("sector:environment-climate",),
    "topic:energy-transition": ("sector:environment-climate",),
    "topic:air-quality": ("sector:environment-climate", "sector:health"),
    "topic:housing": ("sector:social-welfare",),
    "topic:migration": ("sector:social-welfare", "sector:marginalized-communities"),
    "topic:civil-registration": ("sector:identity", "sector:public-services"),
    "topic:digital-payments": ("sector:public-services",),
    "topic:permits": ("sector:public-services",),
    "topic:interoperability": ("ogp:digital-government",),
    "topic:digital-commons": ("ogp:open-source",),
    "topic:algorithm-register": ("ogp:automated-decision-making", "sector:accountability"),
    "topic:artificial-intelligence": ("sector:data-science-ai",),
    "topic:cultural-heritage": ("pcscope:culture",),
    "topic:crisis-response": ("pcscope:emergency-services",),
}

TOPIC_ALIASES: Final[Mapping[str, str]] = {"ogp:e-government": "ogp:digital-government"}

# Topic scheme -> its terms.
TOPICS: Final[Mapping[str, frozenset[str]]] = {
    "ogp": _words(
        "open-digital open-data e-petitions digital-inclusion automated-decision-making digital-government "
        "open-source data-strategy digital-governance data-stewardship-and-privacy"
    ),
    "topic": _words(
        "participatory-budgeting public-consultation citizens-assembly participatory-planning "
        "collaborative-legislation online-voting issue-reporting citizen-science volunteering "
        "youth-participation right-to-information open-parliament elections lobbying-transparency "
        "whistleblowing public-spending urban-planning mobility waste water energy-transition "
        "air-quality housing migration civil-registration digital-payments permits interoperability "
        "digital-commons algorithm-register artificial-intelligence maps cultural-heritage "
        "crisis-response"
    ),
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
    "access reason": _words(
        "law national-security system-security privacy third-party-rights export-control mission "
        "not-ready before-policy"
    ),
    "participation method": _words(
        "survey written-comments call-for-ideas online-discussion public-meeting workshop "
        "citizens-assembly interviews co-design participatory-budget petition vote mapping"
    ),
    "skill": _words(
        "web-development backend-development mobile-development operations databases "
        "software-architecture testing security hardware data-analysis data-engineering "
        "data-visualisation machine-learning maps user-research service-design interface-design "
        "graphic-design accessibility photo-and-video plain-writing technical-writing translation "
        "journalism communication social-media community-building facilitation event-organisation "
        "teaching project-management product-management fundraising finance procurement law licensing "
        "data-protection policy public-administration research office-work"
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
        found.extend(TOPIC_PARENTS.get(known, ()))  # found grows while it is walked: parents of parents
    return tuple(dict.fromkeys(found))
