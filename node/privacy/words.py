"""Words that tell functions and organisations from people: *info*, *servizi*, *GmbH*.

They are those of RFC 2142 and of the mailboxes and contacts in real catalogues, in the
languages of those catalogues; all in lower case and without accents. A missing word costs a
warning too many.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final


def words_of(text: str) -> list[str]:
    """Return the runs of Latin letters in a text, in lower case and without accents."""
    plain = unicodedata.normalize("NFD", text.lower())
    return _LETTERS.findall("".join(each for each in plain if not unicodedata.combining(each)))


def is_function(word: str) -> bool:
    """Tell whether a word names a function, whatever stands beside it."""
    return word in _FUNCTIONS or word.startswith(_BEGINNINGS) or any(stem in word for stem in _STEMS)


def may_be_function(word: str) -> bool:
    """Tell whether a word that is a name of people as well names a function."""
    return word in _NAMES_TOO


def is_body(word: str) -> bool:
    """Tell whether a word is one of the name of an organisation."""
    return word in _BODIES


def _listed(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_LETTERS: Final = re.compile("[a-z]+")
_FUNCTIONS: Final = _listed(
    "abuse access accessibility accounts agency all analytics api app apps archive archives authority",
    "billing board bonjour buero bureau bureaux business careers center centre ciao cio city civic cloud",
    "code comms community comune consult contracts council county crm cto cyber dati datos department",
    "dept desk devops devs digital direction division dpg dpo editor editors edv einkauf email empfang",
    "engineering enquiries enquiry equipe events everyone export feedback finance forum ftp gdpr gemeinde",
    "general git gov governance government group groups gruppo hallo health hej hello help hi hola home",
    "hosting hostmaster hr ict inbox informatica innovation inquiries inquiry international it lab labs",
    "legal library licensing lists mail mairie management media members ministry moderation municipality",
    "network news newsletter noc office ops order orders ospo oss owners participation platform poste",
    "postfach postmaster press presse privacy procurement product products progetto program programme",
    "project projects projekt protocollo public qa questions rathaus recruitment region registration",
    "registry reply request requests research riuso root science search secretary secure security servizi",
    "shop social software source sponsors stadt stampa standards statistics studio sysadmin team tech",
    "technical technik technology tenders tic transparency usenet users vertrieb verwaltung volunteers",
    "web webmaster website welcome www",
)
_NAMES_TOO: Final = _listed("coop dev foss hall jobs list marketing owner partner sales staff")
# Anywhere in a word, and in no name known to us.
_STEMS: Final = (
    "admin", "accessib", "beratung", "communicat", "comunicacion", "comunicazion", "contact", "contat",
    "contribut", "copyright", "customer", "datenschutz", "developer", "digital", "donotreply", "enquir",
    "feedback", "geoportal", "github", "gitlab", "helpdesk", "info", "initiative", "innovation",
    "kommunikation", "kontakt", "license", "lizenz", "mailbox", "maintain", "newsletter", "noreply",
    "office", "opensource", "platform", "portal", "privacy", "program", "projekt", "project", "redaktion",
    "redazion", "registr", "request", "secretar", "segreteri", "sekretar", "service", "servicio",
    "software", "support", "technolog", "transparen", "ufficio", "webteam",
)  # fmt: skip
_BEGINNINGS: Final = ("open", "data", "covid")
_BODIES: Final = _listed(
    "academy ag alliance association authority azienda bank bv cabinet campus chamber co college",
    "commission committee company consortium consorzio cooperative corp corporation court dipartimento",
    "directorate ente fachbereich fondation fondazione foundation fund gmbh hospital inc institut",
    "institute istituto kommune laboratories laboratory land limited llc ltd minister ministere",
    "ministerio ministero museum nation national nv organisation organization parliament police province",
    "provincia regional regione school society spa srl state states stiftung system systems trust union",
    "united universita universite university",
)
