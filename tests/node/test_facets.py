"""Facets: what a project counts for, and counts that equal totals, for every pair of facets."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st

from node.answers import counting
from node.answers.documents import COLUMNS
from node.answers.facets import (
    FACETS,
    MAX_VALUES,
    FacetCount,
    facet_values,
    places_of,
    profile_values,
    spelled,
    widened,
)
from node.answers.gathering import projects_of
from node.answers.index import index_in
from node.answers.indexing import catch_up, reindex
from node.answers.projects import Member, Project
from node.answers.search import MAX_LIMIT, SORTS, Page, Question, search
from node.answers.uses import NO_REGARD, regards_of
from node.errors import InvalidInputError
from node.home import Home
from node.interop.codejson import read_codejson
from node.interop.dpg import read_dpg
from node.interop.making import Occasion
from node.interop.publiccode import read_publiccode
from tests.publisher import Publisher, entry, open_home
from tests.reuse_world import adopter, use, vouched
from tests.shared import SHARED, needs_shared

ORIGINS = ("127.0.0.1:8401/log/city/1", "a.example/log/parks/1", "b.example/log/state/1")
TOPICS = (
    "ogp:open-data", "ogp:e-petitions", "ogp:e-government", "ogp:automated-decision-making", "sector:health",
    "sector:justice", "pccat:budgeting", "sdg:16", "local:made-up",
)  # fmt: skip
LICENCES = ("MIT", "mit", "EUPL-1.2 OR (MIT AND CC0-1.0)", "GPL-2.0-only WITH Classpath-exception-2.0", "own")
LANGUAGES = ("en", "de-CH", "de", "zh-Hant-TW", "fr_FR", "1 bad tag")
PLACES = ("IT", "it-25", "IT-62", "EU", "FR", "CH-ZH")
NAMES = ("Budget", "Open budget", "Parks", "Petition desk")


def alone(**payload: Any) -> Project:  # noqa: ANN401 - any field
    member = Member(1, ORIGINS[0], bytes(16), 1, payload, has_standing=True, voice="a", precedence=0)
    return Project((member,))


def counts(page: Page, facet: str) -> dict[str, int]:
    return {each.value: each.count for each in page.facets[facet]}


def everything(home: Home, question: Question, limit: int = 100) -> list[dict[str, Any]]:
    """Return the items of all pages, each of which must tell the same total."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = search(home, question, limit, cursor, fresh=False)
        found += page.items
        cursor = page.next
        if cursor is None:
            assert page.total == len(found)
            return found


def check_every_pair(home: Home, question: Question) -> None:
    """Check for each pair of facets that what is counted is what is found."""
    page = search(home, question, 1, facets=FACETS, facet_limit=MAX_LIMIT)
    for one in FACETS:
        for value, number in counts(page, one).items():
            chosen = Question(question.text, {**question.filters, one: (value,)})
            narrowed = search(home, chosen, 1, facets=FACETS, facet_limit=MAX_LIMIT, fresh=False)
            assert narrowed.total == number, (one, value)
            # A choice does not narrow its own facet.
            assert narrowed.facets[one] == page.facets[one]
            for other in FACETS:
                if other != one:
                    assert all(0 < each <= number for each in counts(narrowed, other).values())


def check_pairs_against_each_other(home: Home, at_most: int, *, fold: bool = True) -> None:
    """Check that both ways to a pair of values agree, and that so many of them are found as counted."""
    facets = FACETS
    first = search(home, Question(fold=fold), 1, facets=facets, facet_limit=MAX_LIMIT)
    ways: dict[frozenset[tuple[str, str]], int] = {}
    for one in facets:
        for value in counts(first, one):
            chosen = Question("", {one: (value,)}, fold=fold)
            page = search(home, chosen, 1, facets=facets, facet_limit=MAX_LIMIT, fresh=False)
            for other in facets:
                for its, number in counts(page, other).items() if other != one else ():
                    pair = frozenset({(one, value), (other, its)})
                    assert ways.setdefault(pair, number) == number, pair
    for pair, number in sorted(ways.items(), key=lambda item: sorted(item[0]))[:: 1 + len(ways) // at_most]:
        filters = {facet: (value,) for facet, value in pair}
        assert search(home, Question("", filters, fold=fold), 1, fresh=False).total == number, pair


# --- values ---------------------------------------------------------------------------------------------


def test_narrow_values_count_as_the_broader_ones_too() -> None:
    values = facet_values(
        alone(
            kind="software",
            topics=["ogp:e-government", "ogp:automated-decision-making", "sector:health", "sector:health"],
            lifecycle="live",
            license="(EUPL-1.2 OR mit) AND GPL-2.0-only WITH Classpath-exception-2.0",
            languages=["de-CH", "zh-Hant-TW"],
            jurisdictions=["IT-25", "fr"],
        )
    )
    assert values == {
        "kind": ("software",),
        "topic": (
            "ogp:automated-decision-making",
            "ogp:digital-governance",
            "ogp:digital-government",
            "ogp:open-digital",
            "sector:health",
        ),
        "lifecycle": ("live",),
        "license": ("EUPL-1.2", "GPL-2.0-only", "MIT"),
        "language": ("de", "de-CH", "zh", "zh-Hant-TW"),
        "jurisdiction": ("FR", "IT", "IT-25"),
        "publisher": (ORIGINS[0],),
        "subtype": (),
        "audience": (),
        "level": (),
        "maintenance": (),
        "access": ("open",),
        "has": (),
        "uses": (),
        "usedBy": (),
        "usedIn": (),
        "usedBySize": (),
        "vouchedBy": (),
        "vouch": (),
    }


def test_audience_level_maintenance_and_access_count_as_stated() -> None:
    values = facet_values(
        alone(
            subtype="library",
            audience=["developers", "citizens", "developers"],
            level="regional",
            maintenance={"mode": "community"},
            access={"source": "government"},
            license="MIT",
        )
    )
    assert values["subtype"] == ("library",)
    assert values["audience"] == ("citizens", "developers")
    assert values["level"] == ("regional",)
    assert values["maintenance"] == ("community",)
    assert values["access"] == ("government",)


@pytest.mark.parametrize(
    ("fields", "access"),
    [
        ({}, ()),
        ({"license": "CC-BY-NC-4.0"}, ()),
        ({"license": "a licence of our own"}, ()),
        ({"license": ["MIT"]}, ()),
        ({"license": "MIT", "access": "open"}, ("open",)),
        ({"license": "MIT", "access": {"reason": "privacy"}}, ("open",)),
    ],
)
def test_what_is_under_an_open_licence_is_open_where_nothing_else_is_stated(
    fields: dict[str, Any], access: tuple[str, ...]
) -> None:
    assert facet_values(alone(**fields))["access"] == access


def test_a_profile_counts_for_its_place_and_its_publisher() -> None:
    values = profile_values(alone(type="profile", jurisdiction="FR-69", kind="odd", topics=["sector:health"]))
    assert {facet: found for facet, found in values.items() if found} == {
        "jurisdiction": ("FR", "FR-69"),
        "publisher": (ORIGINS[0],),
    }


@pytest.mark.parametrize("odd", [None, 7, "", "a\x1fb", "x" * 501, {"a": "b"}, ["x"], b"x"])
def test_what_cannot_be_shown_as_a_value_counts_for_nothing(odd: Any) -> None:  # noqa: ANN401
    values = facet_values(alone(kind=odd, lifecycle=odd, license=odd, topics=[odd, "a:b"]))
    assert values["kind"] == values["lifecycle"] == values["license"] == ()
    assert facet_values(alone(maintenance=odd, access=odd))["maintenance"] == ()
    assert places_of(alone(jurisdictions=[odd, "FR"])) == ("FR",)
    assert values["topic"] == ("a:b",)


def test_lists_longer_than_the_entry_model_allows_are_cut() -> None:
    assert len(facet_values(alone(topics=[f"a:{n}" for n in range(1000)]))["topic"]) == MAX_VALUES


def test_filters_are_spelled_as_values_are() -> None:
    assert spelled("topic", "ogp:e-government") == "ogp:digital-government"
    assert spelled("license", "mit") == "MIT"
    assert spelled("license", "no such licence") == "no such licence"
    assert spelled("language", "fr_fr") == "fr-FR"
    assert spelled("language", "?") == "?"
    assert spelled("jurisdiction", "it-25") == "IT-25"
    assert spelled("kind", "Software") == "Software"


# --- counts ---------------------------------------------------------------------------------------------

SUITES = tuple([{"ref": f"https://github.com/acme/{repo}"}] for repo in ("budget", "parks"))
entries = st.builds(
    lambda name, repo, fields: entry(
        name,
        identifiers=[{"scheme": "repo", "value": f"https://github.com/acme/{repo}"}] if repo else [],
        **{key: value for key, value in fields.items() if value is not None},
    ),
    st.sampled_from(NAMES),
    # Entries of one repository are one project where their names agree, too.
    st.sampled_from(("", "", "budget", "parks")),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(("software", "service", "odd kind")),
            "topics": st.lists(st.sampled_from(TOPICS), max_size=7),
            "lifecycle": st.sampled_from((None, "live", "pilot")),
            "license": st.sampled_from((None, *LICENCES)),
            "languages": st.lists(st.sampled_from(LANGUAGES), max_size=3),
            "jurisdictions": st.lists(st.sampled_from(PLACES), max_size=3),
            "subtype": st.sampled_from((None, "library", "api")),
            "audience": st.lists(st.sampled_from(("citizens", "developers")), max_size=2),
            "level": st.sampled_from((None, "local", "national")),
            "maintenance": st.sampled_from((None, {"mode": "community"}, {"mode": "none"})),
            "access": st.sampled_from((None, {"source": "open"}, {"source": "closed"})),
            "partOf": st.sampled_from((None, None, *SUITES)),
            "modified": st.sampled_from((None, "2024-01-01T00:00:00Z", "2025-06-01T00:00:00Z", "later")),
            "summary": st.sampled_from((None, {"en": "A budget for parks"}, {"fr": "Des pétitions"})),
        }
    ),
)
federations = st.lists(st.tuples(st.sampled_from(range(len(ORIGINS))), entries), min_size=4, max_size=14)


def published(directory: str, stated: Sequence[tuple[int, dict[str, Any]]], order: Sequence[int]) -> Home:
    """Return a home whose logs say the same, told in some order and indexed in several steps."""
    home = open_home(Path(directory) / "home")
    logs = [Publisher(home, origin, own=number == 0) for number, origin in enumerate(ORIGINS)]
    for step, number in enumerate(order):
        who, payload = stated[number]
        logs[who].put(payload, number.to_bytes(16))
        if step % 5 == 4:
            logs[who].publish()
            search(home, Question())
    for log in logs:
        log.put({"type": "profile", "v": 1, "name": {"en": "An office"}, "jurisdiction": "IT-25"})
        log.publish()
    catch_up(home)
    return home


@given(st.data(), federations)
@settings(max_examples=4)
def test_counts_are_totals_for_every_pair_whatever_came_first(
    data: st.DataObject, stated: list[tuple[int, dict[str, Any]]]
) -> None:
    order = data.draw(st.permutations(range(len(stated))))
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        home, other = published(one, stated, range(len(stated))), published(two, stated, order)
        try:
            for fold in (True, False):
                check_pairs_against_each_other(home, 25, fold=fold)
            for sort, text in itertools.product(SORTS, ("", "budget", "parks budget")):
                question = Question(text, sort=sort, fold=text != "budget" or sort == "reuse")
                found = [(item["address"], item["matched"]) for item in everything(home, question, 3)]
                assert found == [(i["address"], i["matched"]) for i in everything(other, question, 5)]
                assert len(dict(found)) == len(found)
            pages = [search(each, Question(), facets=FACETS, facet_limit=MAX_LIMIT) for each in (home, other)]
            assert pages[0].facets == pages[1].facets
            reindex(home)
            assert search(home, Question(), facets=FACETS, facet_limit=MAX_LIMIT).facets == pages[0].facets
        finally:
            home.close()
            other.close()


def some_federation(directory: Path) -> Home:
    """Return a home with projects of one to three publishers, and values of every kind."""
    home = open_home(directory)
    logs = [Publisher(home, origin, own=number == 0) for number, origin in enumerate(ORIGINS)]
    for number in range(24):
        payload = entry(
            f"{NAMES[number % 4]} {number}",
            topics=[TOPICS[number % 9], TOPICS[number % 5], *TOPICS[: number % 8]],
            license=LICENCES[number % 5],
            languages=list(LANGUAGES[number % 6 : number % 6 + 2]),
            jurisdictions=[PLACES[number % 6]],
            lifecycle=("live", "pilot", "idea")[number % 3],
            subtype=("library", "api")[number % 2],
            audience=[("citizens", "developers", "business")[number % 3], "citizens"],
            level=("local", "national")[number % 2],
            maintenance={"mode": ("community", "none", "internal")[number % 3]},
            access={"source": "closed"} if number % 7 == 0 else {},
            identifiers=[{"scheme": "dpg", "value": f"gid-{number}"}],
            lessons=[{"text": {"en": "Ask first."}}] if number % 3 == 0 else [],
        )
        for log in logs[: 1 + number % 3]:
            log.put(payload)
    for log in logs:
        log.publish()
    for name, often in (("bergen", 1), ("oslo", 2), ("lyon", 3)):
        targets = [f"dpg:gid-{number}" for number in range(0, 24, often)]
        adopter(home, name, *map(use, targets), *(vouched(each, "audit") for each in targets[::2]))
    adopter(home, "quay", *(vouched(f"dpg:gid-{number}") for number in range(9)), domain="")
    catch_up(home)
    return home


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    opened = some_federation(tmp_path_factory.mktemp("facets") / "home")
    yield opened
    opened.close()


def test_projects_are_counted_and_not_entries(world: Home) -> None:
    page = search(world, Question(), facets=("kind", "publisher"))
    assert page.total == 24
    assert page.facets["kind"] == (FacetCount("software", 24),)
    assert page.facets["publisher"] == tuple(map(FacetCount, ORIGINS, (24, 16, 8)))
    item = next(item for item in page.items if item["members"] == 3)
    assert sorted(item["publishers"]) == sorted(ORIGINS)


def test_counts_are_those_of_the_projects_themselves(world: Home) -> None:
    with world.database.read() as connection:
        keys = connection.execute("SELECT log, id FROM entry").fetchall()
        projects = projects_of(world, connection, keys)
        regards = regards_of(world, connection, projects)
    page = search(world, Question(), facets=FACETS, facet_limit=MAX_LIMIT)
    for facet in FACETS:
        assert counts(page, facet) == Counter(
            v for each in projects for v in facet_values(each, regards.get(each.address, NO_REGARD))[facet]
        )


# The others take words of their own alone.
chosen = st.dictionaries(
    st.sampled_from([facet for facet in FACETS if facet not in ("kind", "uses", "usedBySize")]),
    st.lists(
        st.sampled_from(
            (
                *TOPICS,
                "MIT",
                "lessons",
                "use",
                "audit",
                "EUPL-1.2",
                "de",
                "en",
                "IT",
                "live",
                "pilot",
                ORIGINS[1],
                "nothing",
            )
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    max_size=3,
)


@given(st.sampled_from(("", "budget", "parks", "open budget")), chosen)
@settings(max_examples=15)
def test_several_values_of_a_facet_are_any_and_several_facets_are_all(
    text: str, filters: dict[str, tuple[str, ...]]
) -> None:
    home = _WORLD[0]
    with home.database.read() as connection:
        keys = connection.execute("SELECT log, id FROM entry").fetchall()
        projects = projects_of(home, connection, keys)
        regards = regards_of(home, connection, projects)
        values = {each.address: facet_values(each, regards.get(each.address, NO_REGARD)) for each in projects}
    unfiltered = [item["address"] for item in everything(home, Question(text))]
    fit = [
        address
        for address in unfiltered
        if all(
            not {spelled(facet, each) for each in wanted}.isdisjoint(values[address][facet])
            for facet, wanted in filters.items()
        )
    ]
    assert [item["address"] for item in everything(home, Question(text, filters), 7)] == fit
    page = search(home, Question(text, filters), 1, facets=FACETS, facet_limit=MAX_LIMIT, fresh=False)
    for facet in FACETS:
        for value, number in list(counts(page, facet).items())[:6]:
            other = {**filters, facet: (value,)}
            assert search(home, Question(text, other), 1, fresh=False).total == number


_WORLD: list[Home] = []


@pytest.fixture(autouse=True)
def _shared_world(request: pytest.FixtureRequest) -> Iterator[None]:
    # Hypothesis wants no fixtures that are made anew for each test; this one is not.
    if "chosen" in request.node.name or "several_values" in request.node.name:
        _WORLD[:] = [request.getfixturevalue("world")]
    yield
    _WORLD.clear()


def test_a_wider_filter_finds_what_is_for_the_place_or_for_all_around_it(world: Home) -> None:
    with world.database.read() as connection:
        keys = connection.execute("SELECT log, id FROM entry").fetchall()
        projects = {each.address: each for each in projects_of(world, connection, keys)}
    places = {address: facet_values(each)["jurisdiction"] for address, each in projects.items()}
    for place, around in (("IT-25", ("IT", "EU", "INT")), ("IT", ("EU", "INT")), ("FR", ("EU",)), ("EU", ())):
        narrow = {item["address"] for item in everything(world, Question(filters={"jurisdiction": (place,)}))}
        assert narrow == {address for address, those in places.items() if place in those}
        items = everything(world, Question(filters={"jurisdiction": (place.lower(),)}, wider=True), 7)
        wide = {item["address"] for item in items if item["wider"]}
        assert wide == {a for a, each in projects.items() if set(places_of(each)) & set(around)} - narrow
        assert {item["address"] for item in items} == narrow | wide
        assert all(item["jurisdictions"] == list(places_of(projects[item["address"]])) for item in items)
        page = search(world, Question(filters={"jurisdiction": (place,)}, wider=True), facets=FACETS)
        assert counts(page, "jurisdiction") == counts(
            search(world, Question(), facets=FACETS), "jurisdiction"
        )
    assert not any(item["wider"] for item in everything(world, Question(wider=True)))


def test_only_the_facets_asked_for_are_counted_the_best_first(world: Home) -> None:
    page = search(world, Question(), facets=("lifecycle", "topic"), facet_limit=2)
    assert list(page.facets) == ["lifecycle", "topic"]
    assert page.facets["lifecycle"] == (FacetCount("idea", 8), FacetCount("live", 8))
    assert len(page.facets["topic"]) == 2
    assert search(world, Question()).facets == {}


def test_more_different_values_than_are_counted_at_once_are_counted_all_the_same(
    world: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for question in (Question(), Question("budget", {"topic": ("sector:health", "pccat:budgeting")})):
        usual = search(world, question, facets=FACETS, facet_limit=MAX_LIMIT)
        monkeypatch.setattr(counting, "MOST_TEXTS", 2)
        # What was answered before is not asked again.
        index_in(world.index_dir).snapshot().answers.clear()
        assert search(world, question, facets=FACETS, facet_limit=MAX_LIMIT) == usual
        monkeypatch.undo()


def test_deleted_documents_are_not_counted(tmp_path: Path) -> None:
    home = some_federation(tmp_path / "home")
    before = search(home, Question(), facets=FACETS, facet_limit=MAX_LIMIT)
    publisher = Publisher(home, "c.example/log/more/1", own=False)
    added = [publisher.put(entry(f"Extra {n}", topics=["sdg:1"], lifecycle="live")) for n in range(6)]
    publisher.publish()
    assert search(home, Question()).total == 30
    for id_ in added:
        publisher.withdraw(id_)
    publisher.publish()
    assert search(home, Question(), facets=FACETS, facet_limit=MAX_LIMIT) == before
    home.close()


@pytest.mark.parametrize(
    ("question", "facets", "facet_limit", "said"),
    [
        (Question(filters={"colour": ("red",)}), (), 20, "no facet 'colour'; there are kind, topic"),
        (Question(), ("colour",), 20, "no facet 'colour'"),
        (Question(filters={"kind": ()}), (), 20, "filter of kind"),
        (Question(filters={"kind": ("software", "")}), (), 20, "filter of kind"),
        (Question(filters={"kind": ("\udcff",)}), (), 20, "surrogates"),
        (Question(filters={"kind": tuple(map(str, range(501)))}), (), 20, "at most 500 values"),
        (Question(sort="stars"), (), 20, "no order 'stars'; there are relevance, freshness, name, reuse"),
        (Question(filters={"uses": ("4",)}), (), 20, "no number of uses '4..'; there are 1.."),
        (Question(view="mine"), (), 20, "no view 'mine'; there are trusted-participation"),
        (Question(), ("kind",), 0, "1 to 1000 values"),
        (Question(), ("kind",), MAX_LIMIT + 1, "1 to 1000 values"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(
    world: Home, question: Question, facets: tuple[str, ...], facet_limit: int, said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        search(world, question, facets=facets, facet_limit=facet_limit)


def test_documents_have_one_text_in_each_column(world: Home) -> None:
    searcher = index_in(world.index_dir).snapshot().searcher
    for columns in COLUMNS.values():
        for column in columns:
            found = searcher.aggregate(tantivy.Query.all_query(), {"all": {"value_count": {"field": column}}})
            assert found["all"]["value"] == searcher.num_docs == 24


@needs_shared
@pytest.mark.slow
async def test_counts_are_totals_for_every_pair_in_the_corpus(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    occasion = Occasion("2026-11-21")
    corpus = SHARED / "corpus"
    readers = (
        read_publiccode([str(corpus / "publiccode")], occasion),
        read_codejson([str(corpus / "codejson-projects")], occasion),
        read_dpg([str(corpus / "dpg")], occasion),
    )
    for origin, reader in zip(ORIGINS, readers, strict=True):
        publisher = Publisher(home, origin)
        async for found in reader:
            if found.payload is not None:
                publisher.put(found.payload)
        publisher.publish()
    check_pairs_against_each_other(home, 2000)
    check_pairs_against_each_other(home, 500, fold=False)
    check_every_pair(home, Question("health"))
    for sort in SORTS:
        addresses = [item["address"] for item in everything(home, Question("data", sort=sort))]
        assert len(addresses) == len(set(addresses))
    home.close()


def test_what_a_place_lies_in_is_named_in_one_order() -> None:
    # Cursors name their filters: another order in another process would refuse its own next page.
    places = widened(("FR-ARA", "IT"))
    assert places[:2] == ("FR-ARA", "IT")
    assert list(places[2:]) == sorted(places[2:])
