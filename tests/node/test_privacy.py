"""Contact data of people: found where they are, and nowhere else."""

from __future__ import annotations

import string
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.privacy.lint import lint
from node.privacy.mailboxes import is_function_mailbox
from node.privacy.people import is_about_people, is_announced, is_person, is_personal, is_telephone, is_titled
from node.privacy.telephones import telephones
from node.privacy.texts import Kind, contacts, without_contacts

EMAIL = "[e-mail address removed]"
TELEPHONE = "[telephone number removed]"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("write to a.b@example.org.", f"write to {EMAIL}."),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("https://me@example.org/x", "https://me@example.org/x"),
        ("ssh://git@example.org/x", "ssh://git@example.org/x"),
        ("user@host.example:path/x", "user@host.example:path/x"),
        ("@handle and a@b", "@handle and a@b"),
        ("<info@example.org>", f"<{EMAIL}>"),
        ("mailto:x@example.org", f"mailto:{EMAIL}"),
        ("x@example.org, 030/1234567", f"{EMAIL}, {TELEPHONE}"),
        ("030/1234567 x@example.org", f"{TELEPHONE} {EMAIL}"),
        ("202-555-0143@example.org", EMAIL),
        ("Tel. 030 1234567 / Fax 030 7654321", f"Tel. {TELEPHONE} / Fax {TELEPHONE}"),
        ("030/1234567, 030/7654321", f"{TELEPHONE}, {TELEPHONE}"),
        ("nothing", "nothing"),
    ],
)
def test_what_is_taken_out_of_a_text(text: str, safe: str) -> None:
    assert without_contacts(text) == safe


@pytest.mark.parametrize(
    "address",
    [
        "info@city.example",
        "INFO@city.example",
        "opendata@city.example",
        "open.data@city.example",
        "contact@city.example",
        "support@city.example",
        "it-service.desk@city.example",
        "pif-team@city.example",
        "corona-app.opensource@firm.example",
        "segreteria@comune.example",
        "equipe-numérique@ville.example",
        "dev@city.example",
        "sales@city.example",
        "no-reply@city.example",
        "lyon@lyon.example",
        "codecity@code-city.example",
    ],
)
def test_a_mailbox_of_a_function(address: str) -> None:
    assert is_function_mailbox(address)


@pytest.mark.parametrize(
    "address",
    [
        "jane.doe@city.example",
        "j.doe@city.example",
        "jane_doe@city.example",
        "jdoe@city.example",
        "jane@city.example",
        "dev.doe@city.example",
        "doe2@city.example",
        "prokopenkov@city.example",
        "1234@city.example",
        "jane.doe@info.example",
        "info@city.example and more",
        "nothing",
        "",
    ],
)
def test_no_mailbox_of_a_function(address: str) -> None:
    assert not is_function_mailbox(address)


NUMBERS = [
    "+39 06 1234 5678",
    "+390612345678",
    "+49 (0)30 123456",
    "+49 (30) 123-456",
    "+33 1 23 45 67 89",
    "+1 202-555-0143",
    "+1 (202) 555-0143",
    "+1.202.555.0143",
    "+41 58 469 01 11",
    "+44 20 7946 0958",
    "+354 555 0143",
    "+298 123456",
    "0033 1 23 45 67 89",
    "00 49 30 1234567",
    "(202) 555-0143",
    "202-555-0143",
    "202.555.0143",
    "1-800-555-0143",
    "01 23 45 67 89",
    "01.23.45.67.89",
    "06-12-34-56-78",
    "030/1234567",
    "(030) 1234567",
    "030 / 1234-567",
    "02-2380-0143",
    "0161 496 0143",
    "07700 900123",
    "020 7946 0958",
]
NAMED = [
    "Tel. 555 0143",
    "tel 1234567",
    "TEL: 123-456",
    "Telefon: 123456",
    "Téléphone : 0123456789",
    "Fax 06.1234567",
    "Telephone no. 2025550143",
    "mobile: 3331234567",
    "Phone: 5550143",
    "Cell:333 1234567",
]
NO_NUMBERS = [
    "2026-11-21",
    "21.11.2026",
    "11/21/2026",
    "2026-11-21T08:00:00Z",
    "21-11-2026 08:30",
    "01-02-2026 10:15:00",
    "2014-2020",
    "from 1981-2100, 2011-2100",
    "1.2.3",
    "v16.5.0.00301",
    "2021.07.19.160",
    "1.25.0701",
    "1.200.200.1000",
    "10.15.20.30.40",
    "ISBN 978-3-16-148410-0",
    "978 3 16 148410 0",
    "ISBN 0-306-40615-2",
    "ISSN 0028-0836",
    "0000-0002-1825-0097",
    "https://doi.org/10.1016/j.jcp.2016.03.062",
    "10.1080/13549839.2021.1923002",
    "doi:10.1007/s11242-019-01254-6",
    "arXiv:2407.01698 (2024)",
    "CVE-2019-19781",
    "LA-CC-2012-083",
    "SAND2021-15515 O",
    "UK00003557481",
    "f07e91e7-d597-4c4d-b5b5-1234567890ab",
    "sha256:16465526a69d179007d5e2e",
    "1609295953",
    "2023663000",
    "00390612345678",
    "192.168.100.200",
    "13.232.68.160",
    "EUR 10 000 000",
    "EUR 1 012 345 678",
    "+10 000 000",
    "+49 000 000 000",
    "+31 250 125 000",
    "$202.555.0143",
    "1,234,567.89",
    "12.345.678",
    "159967.2",
    "0.123456789",
    "+999 123 456 789",
    "+800 12",
    "+1 123 456 7890",
    "0 1 2 3 4 5 6 7 8 9",
    "DE89 0370 0440 0532 0130 00",
    "4111 1111 1111 1111",
    "C++17 2020 1234",
    "UTC+02:00 12345678",
    "https://example.org/2022/11/29/0161-496-0143",
    "https://example.org/?id=0161-496-0143",
    "assets/6702424/02-2380-0326",
    "Acta Materialia 56 (2008) 3523-3532.",
    "mechanics 118.1-2 (1994): 179-196.",
    "Directive 2019/1937",
    "Windows Phone 8.10.14219.341",
    "iPhone: 12",
    "mobile 2 000 000 users",
    "Tel Aviv 2020-2021",
    "tel 2020-01-15",
    "Phone: 2019-2020",
    "fax 12 000 000",
    "05 2020-2021 12",
    "hotel 1234567",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "around", ["{}", "Call {} today.", "({})", "tel:{}", "a\n{}\nb", "{}, or so", "“{}”"]
)
def test_a_telephone_number_is_found_whole(number: str, around: str) -> None:
    assert without_contacts(around.format(number)) == around.format(TELEPHONE)


@pytest.mark.parametrize("text", NAMED)
def test_what_is_called_a_telephone_number_is_one(text: str) -> None:
    assert without_contacts(f"({text})").rstrip(")").endswith(TELEPHONE)
    assert not any(each.isdigit() for each in without_contacts(text))


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize("around", ["{}", "See {} for more.", "({})"])
def test_what_only_looks_like_a_telephone_number(text: str, around: str) -> None:
    assert list(telephones(around.format(text))) == []


_DIGITS = st.text(alphabet=string.digits, min_size=1, max_size=6)
_DATES = st.dates().map(str) | st.dates().map(lambda day: f"{day:%d/%m/%Y}") | st.datetimes().map(str)
# A first number as large as an area code would be a telephone number with dots.
_VERSIONS = st.tuples(st.integers(0, 199), st.lists(st.integers(0, 9999), min_size=1, max_size=3)).map(
    lambda parts: ".".join(map(str, (parts[0], *parts[1])))
)
_ISBNS = st.from_regex(r"97[89]-[0-9]-[0-9]{2}-[0-9]{6}-[0-9]", fullmatch=True)
_DOIS = st.from_regex(r"10\.[0-9]{4,5}/[a-z]{1,4}\.[0-9]{4}\.[0-9]{2}\.[0-9]{3}", fullmatch=True)
_SUMS = st.integers(0, 10**12).map(lambda number: f"EUR {number:,}".replace(",", " "))
_UUIDS = st.uuids().map(str)
_HASHES = st.binary(min_size=16, max_size=32).map(bytes.hex)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(_DATES, _VERSIONS, _ISBNS, _DOIS, _SUMS, _UUIDS, _HASHES, _DIGITS),
    st.sampled_from(["{}", "on {}."]),
)
def test_dates_versions_and_identifiers_are_no_telephone_numbers(text: str, around: str) -> None:
    assert list(telephones(around.format(text))) == []


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["1202", "33", "39", "44", "49", "351", "420"]),
    st.text(alphabet="23456789", min_size=7, max_size=7),
    st.sampled_from(["", " ", "-", "."]),
)
def test_any_international_number_is_found(country: str, local: str, gap: str) -> None:
    number = f"+{country}{gap}{local[:3]}{gap}{local[3:]}"
    assert without_contacts(f"Call {number}!") == f"Call {TELEPHONE}!"


_TEXTS = st.lists(
    st.sampled_from([*NUMBERS, *NAMED, *NO_NUMBERS, "a.b@example.org", "git@", *"@+0 ./\nx"]), max_size=6
).map("".join) | st.text(alphabet="0123456789+()./- @ab:\u00a0", max_size=60)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(_TEXTS)
def test_nothing_is_left_in_a_text_and_finds_do_not_overlap(text: str) -> None:
    found = contacts(text)
    assert [text[each.start : each.end] for each in found] == [each.text for each in found]
    assert all(one.end <= other.start for one, other in pairwise(found))
    safe = without_contacts(text)
    assert contacts(safe) == ()
    assert (safe == text) == (found == ())


@pytest.mark.parametrize(
    "unit", ["0 ", "0161 496 ", "+", "+4", "a@", "a@b.", "202-555-", "(0", "tel ", "Tel.1 ", "1/"]
)
def test_no_text_takes_long(unit: str) -> None:
    """A megabyte would not end where a rule tries everything again from each place."""
    text = unit * (2**20 // len(unit))
    assert isinstance(contacts(text), tuple)


@pytest.mark.parametrize(
    "text",
    [
        "Jane Doe",
        "Jane M. Doe",
        "Mary Jo O'Brien-Smith",
        "Dimitri van Hees",
        "Martin De Wulf",
        "Dr. Jane Doe",
        "Ms Lotta Lundin",
        "Chloé Élouan",
        " Jane Doe ",
        "Morten Berg, Director",
    ],
)
def test_names_of_people(text: str) -> None:
    assert is_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Open Data Desk",
        "City Council",
        "Press Office",
        "Ministry of Examples",
        "jane doe",
        "Jane",
        "USDA Source Code",
        "Comune di Esempio",
        "Jane Doe is a person in a long sentence",
        "https://example.org/Jane",
        "行政院 數位",
        "Équipe Numérique",
        "Statistics Office 5",
    ],
)
def test_no_names_of_people(text: str) -> None:
    assert not is_person(text)


def test_a_person_may_be_announced_or_called_by_title() -> None:
    assert is_announced("A tool. Contact: Jane Doe, or write.")
    assert is_announced("Ansprechpartnerin : Frau Dr. Jane Doe")
    assert not is_announced("Contact: Open Data Desk")
    assert not is_announced("Contact: see the page")
    assert not is_announced("Jane Doe wrote it.")
    assert is_titled("Head of office, Mrs. Doe")
    assert not is_titled("Head of office")
    assert not is_titled("Prof. Office")


def test_keys_are_told_in_any_spelling() -> None:
    assert all(map(is_personal, ("email", " E-Mail", "contact_email", "phoneNumber", "contact name", "Fax")))
    assert not any(map(is_personal, ("url", "name", "emails sent", "")))
    assert is_telephone("Contact-Phone")
    assert not is_telephone("email")
    assert is_about_people("Contacts")
    assert is_about_people("name", inside=True)
    assert not is_about_people("affiliation", inside=True)
    assert not is_about_people("name")


ENTRY: dict[str, Any] = {
    "type": "entry",
    "name": {"en": "A tool"},
    "description": {"en": "Ask jane.doe@city.example, jim@city.example or +39 06 1234 5678."},
    "contact": {"email": "info@city.example", "role": {"en": "Press Office"}, "url": "https://city.example"},
    "modified": "2026-11-02T09:00:00Z",
    "identifiers": [{"scheme": "doi", "value": "10.1080/13549839.2021.1923002"}],
    "service": {
        "channels": [
            {"type": "phone", "place": "030/1234567"},
            {"type": "phone", "place": "jane.doe@city.example"},
            {"type": "online", "place": "030/1234567"},
        ]
    },
    "x": {
        "form": {
            "contact": {
                "name": "Jane Doe",
                "phone": 2025550143,
                "role": "Dr. Jane Doe",
                "affiliation": "Jane Doe",
            },
            "authors": ["Jane Doe", "Open Data Desk"],
            "phone": ["ext. 12", "call 1234567"],
            "note": "Contact: Jane Doe",
            "jane.doe@city.example": {"info@city.example": True, "fax": False},
        }
    },
}


def test_a_warning_says_where_and_what_and_repeats_nothing() -> None:
    found = lint(ENTRY)
    assert {(each.pointer, each.message.split("'")[0].strip()) for each in found} == {
        ("/description/en", "The e-mail address"),
        ("/description/en", "The telephone number"),
        ("/service/channels/1/place", "The e-mail address"),
        ("/service/channels/2/place", "The telephone number"),
        ("/x/form/contact/name", "A person seems to be named here."),
        ("/x/form/contact/phone", "The telephone number"),
        ("/x/form/contact/role", "A person seems to be named here."),
        ("/x/form/authors/0", "A person seems to be named here."),
        ("/x/form/phone/1", "The telephone number"),
        ("/x/form/note", "A person seems to be named here."),
        (f"/x/form/{EMAIL}", "The e-mail address"),
    }
    first, second, *_ = found
    assert (
        first.message == "The e-mail address 'j…@city.example', one of 2 here, looks like that of a person."
    )
    assert second.message == "The telephone number '…78' may be that of a person."
    assert all(each.severity == "flag" and each.hint for each in found)
    assert "Doe" not in " ".join(map(str, found))
    assert not any(each in " ".join(map(str, found)) for each in ("jane", "jim", "1234", "555"))


def test_a_statement_about_nobody_has_no_warning() -> None:
    assert lint({"type": "withdrawal", "v": 1, "reason": "error"}) == ()
    assert lint({key: ENTRY[key] for key in ("type", "name", "contact", "modified", "identifiers")}) == ()


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["contact", "phone", "email", "role", "channels", "name"]) | _TEXTS, inner
        )
    ),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["x", "contact", "description"]), _VALUES))
def test_whatever_a_statement_holds_no_warning_repeats_it(statement: dict[str, Any]) -> None:
    for problem in lint(statement):
        assert contacts(problem.pointer.replace("~1", "/").replace("~0", "~")) == ()
        assert [each for each in contacts(problem.message) if each.kind is Kind.TELEPHONE] == []


def test_a_mask_is_enough_to_find_it_again() -> None:
    email, number = contacts("jane.doe@city.example, 030/1234567")
    assert (email.masked(), number.masked()) == ("j…@city.example", "…67")
    assert (email.is_function, number.is_function) == (False, False)
