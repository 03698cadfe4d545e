"""Which entries are one project, and which only look so."""

from collections.abc import Iterable, Mapping
from itertools import combinations, permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.identity import (
    ANY,
    BEARS,
    MOST_IDENTIFIERS,
    MOST_LISTED,
    NOT_ITS_OWN,
    Claim,
    claims_of,
    document_of,
    found_in,
    identifier_keys,
    identifiers_of,
    names_of,
)
from federation.merge import MOST_LINKED, Cluster, Described, atoms_of, clusters_of, described
from federation.repositories import RENAMES
from protocol.packing import Value

TOOL = "https://github.com/acme/tool"
UMBRELLA = "https://github.com/acme/umbrella"


def entry(name: str | dict[str, str], *repos: str, **fields: object) -> dict[str, Any]:
    identifiers = [{"scheme": "repo", "value": repo} for repo in repos]
    names = {"en": name} if isinstance(name, str) else name
    return {"type": "entry", "v": 1, "kind": "software", "name": names, "identifiers": identifiers, **fields}


def found(repo: str, path: str = "publiccode.yml", **source: str) -> dict[str, Any]:
    return {
        "source": {
            "format": "publiccode.yml",
            "path": repo,
            "foundAt": {"repo": repo, "path": path},
            **source,
        }
    }


def federation(
    payloads: Mapping[str, Any], *, owners: Mapping[str, Iterable[str]] | None = None
) -> list[Described]:
    """Return entries; their keys are ``publisher`` or ``publisher/anything``."""
    owned = {name: frozenset(those) for name, those in (owners or {}).items()}
    return [
        described(
            f"{key.partition('/')[0]}.example/log/x/1/e/{key}",
            payload,
            voice=key.partition("/")[0],
            owns=owned.get(key.partition("/")[0], frozenset()),
        )
        for key, payload in payloads.items()
    ]


def joined(
    payloads: Mapping[str, Any], *, owners: Mapping[str, Iterable[str]] | None = None
) -> list[set[str]]:
    """Return the clusters of two or more, as sets of the keys."""
    clusters = clusters_of(federation(payloads, owners=owners))
    found = [{address.partition("/e/")[2] for address in each.members} for each in clusters]
    return sorted((each for each in found if len(each) > 1), key=sorted)


def test_one_repository_and_alike_names_are_one_project() -> None:
    assert joined({"a": entry("Tool", TOOL), "b": entry("tool 2.0", f"{TOOL}.git/")}) == [{"a", "b"}]


def test_one_repository_and_unlike_names_are_two() -> None:
    assert joined({"a": entry("Solver Package", UMBRELLA), "b": entry("Mesh Package", UMBRELLA)}) == []


def test_equal_names_or_home_pages_alone_join_nothing() -> None:
    pages = {"links": [{"rel": "landing", "url": "https://tool.gov"}]}
    assert joined({"a": entry("Tool", **pages), "b": entry("Tool", **pages)}) == []


def test_two_kinds_are_never_one() -> None:
    assert joined({"a": entry("Tool", TOOL), "b": entry("Tool", TOOL, kind="service")}) == []


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("doi", "10.5281/zenodo.123", "https://doi.org/10.5281/ZENODO.123"),
        ("swhid", "swh:1:dir:" + "a" * 40, "swh:1:dir:" + "a" * 40 + ";origin=x"),
        ("wikidata", "Q42", "https://www.wikidata.org/wiki/Q42"),
        ("dpg", "open-tool", "Open-Tool"),
        ("doi", "doi.org/10.1000/A%28b%29.", "urn:doi:10.1000/a(b)"),
        ("swhid", "swh:1:rel:" + "b" * 40, f"https://archive.softwareheritage.org/swh:1:rel:{'b' * 40}/"),
        ("wikidata", "wd:Q42", "https://m.wikidata.org/wiki/q42"),
        ("purl", "pkg:npm/%40Acme/tool@2.1?os=any#src", "pkg://npm/%40acme/tool"),
        ("purl", "pkg:pypi/Acme_Tool", "pkg:PyPI/acme-tool@1.0"),
    ],
)
def test_what_is_given_out_once_joins_whatever_the_name(scheme: str, one: str, other: str) -> None:
    def thing(name: str, value: str) -> dict[str, Any]:
        return {**entry(name), "identifiers": [{"scheme": scheme, "value": value}]}

    assert joined({"a": thing("Tool", one), "b": thing("Outil", other)}) == [{"a", "b"}]


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("doi", "10.5281/zenodo.XXXXXXX"),
        ("doi", "10.5281/zenodo."),
        ("swhid", "swh:1:cnt:" + "a" * 40),
        ("swhid", "swh:1:dir:4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
        ("swhid", "swh:1:rev:" + "0" * 40),
        ("swhid", "swh:1:dir:" + "a" * 40 + "b"),
        ("dpg", "none"),
        ("dpg", "öffentlich"),
        ("doi", "none"),
        ("swhid", "swh:1:dir:short"),
        ("wikidata", "P31"),
        ("purl", "https://purl.org/acme/tool"),
        ("purl", "pkg:npm/example"),
        ("purl", "pkg:generic//"),
        ("purl", "pkg:generic/a%2Fb/c"),
        ("doi", "10.1000/a%20b"),
        ("dpg", "?"),
        ("url", "https://tool.gov"),
        ("repo", "https://github.com"),
    ],
)
def test_placeholders_identify_nothing(scheme: str, value: str) -> None:
    thing = {**entry("Tool"), "identifiers": [{"scheme": scheme, "value": value}]}
    assert identifiers_of(thing) == ()
    assert joined({"a": thing, "b": thing}) == []


def test_a_file_in_another_repository_whose_name_it_does_not_bear_was_copied() -> None:
    assert joined({"a": entry("Tool", TOOL), "b": entry("Tool", TOOL, **found("beta/street-lamps"))}) == []


def test_a_file_in_a_fork_of_that_name_describes_the_same() -> None:
    assert joined({"a": entry("Tool", TOOL), "b": entry("Tool", TOOL, **found("beta/tool"))}) == [{"a", "b"}]


def test_a_file_deeper_in_a_repository_says_nothing_about_that_one() -> None:
    listed = found("beta/catalogue", "lists/tool.yml")
    assert joined({"a": entry("Tool", TOOL), "b": entry("Tool", TOOL, **listed)}) == [{"a", "b"}]


def test_a_file_at_home_speaks_for_its_repository_whatever_it_is_called() -> None:
    older, newer = found("acme/tool", sha256="a"), found("https://github.com/acme/tool", sha256="b")
    assert joined({"a": entry("Klassa", TOOL, **older), "b": entry("Classify", TOOL, **newer)}) == [
        {"a", "b"}
    ]


def test_a_template_is_nobodys_thing_in_a_file_that_came_with_it() -> None:
    template = "https://github.com/acme/project-template"
    copied = {"source": {"format": "publiccode.yml", "path": "x"}}
    assert (
        joined({"a": entry("Project Template", template, **copied), "b": entry("Project Template", template)})
        == []
    )
    # An inventory that lists the template means the template.
    listed = {"source": {"format": "code.json", "path": "code.json"}}
    assert joined(
        {"a": entry("Project Template", template, **listed), "b": entry("project-template", template)}
    )
    assert joined(
        {
            "a": entry("X", template, **found("acme/project-template")),
            "b": entry("project-template", template),
        }
    )


def test_of_several_files_of_unknown_place_none_is_the_one_at_home() -> None:
    def file(path: str) -> dict[str, Any]:
        return {"source": {"format": "publiccode.yml", "path": path}}

    assert (
        joined({"a/1": entry("Tool", TOOL, **file("1.yml")), "a/2": entry("Tool", TOOL, **file("2.yml"))})
        == []
    )
    assert joined({"a/1": entry("Tool", TOOL, **file("1.yml")), "b": entry("Tool", TOOL)}) == [{"a/1", "b"}]


def test_what_a_publisher_lists_twice_under_one_name_it_tells_apart() -> None:
    def member(gist: str) -> dict[str, Any]:
        source = {"format": "code.json", "path": "code.json"}
        return entry("Analysis Code", UMBRELLA, summary={"en": gist}, source=source)

    both = {"a/1": member("Reads results."), "a/2": member("Joins meshes.")}
    assert joined(both) == []
    assert joined({**both, "b": member("reads results")}) == [{"a/1", "b"}]
    assert joined({"a/1": member("Reads."), "a/2": member("Reads.")}) == [{"a/1", "a/2"}]


def test_a_page_that_may_be_any_page_needs_the_whole_name() -> None:
    page = "https://lab.gov/software/list"
    assert joined({"a": entry("Grid Planner", page), "b": entry("Grid Planner", page)}) == [{"a", "b"}]
    assert joined({"a": entry("Grid Planner 1.0", page), "b": entry("Grid Planner 2.0", page)}) == []
    assert joined({"a": entry("Grid", page), "b": entry("Grid", page)}) == []


def test_a_name_may_be_todays_or_the_one_in_the_url() -> None:
    old, new = next((old, new) for old, new in RENAMES.items() if "albany" in old)
    older = entry(old.rpartition("/")[2], f"https://{old}")
    assert joined({"a": older, "b": entry(new.rpartition("/")[2], f"https://{new}")}) == [{"a", "b"}]
    old, new = next((old, new) for old, new in RENAMES.items() if "sites-faciles" in old)
    older = entry("Sites faciles", f"https://{old}")
    assert joined({"a": older, "b": entry("Sites conformes", f"https://{new}")}) == [{"a", "b"}]


def test_former_urls_count() -> None:
    moved = entry("Tool", "https://gitlab.com/acme/tool", aliases=[TOOL, "https://tool.gov/about", 1])
    assert joined({"a": entry("Tool", TOOL), "b": moved}) == [{"a", "b"}]
    assert len(identifiers_of(moved)) == 2


OTHER = "https://github.com/beta/other"
BOTH = entry({"en": "Tool", "fr": "Other"}, TOOL, OTHER)
APART = {"a": entry("Tool", TOOL), "b": entry("Other", OTHER)}


def test_one_publisher_cannot_join_the_projects_of_two_others() -> None:
    groups = joined({**APART, "c": BOTH})
    assert len(groups) == 1
    assert "c" in groups[0]
    assert not {"a", "b"} <= groups[0]
    # Nor by entries in between, nor with many.
    chain = {
        f"c/{n}": entry("x", f"https://github.com/c/r{n}", f"https://github.com/c/r{n + 1}") for n in range(3)
    }
    assert not any({"a", "b"} <= group for group in joined({**APART, **chain, "c/x": BOTH, "c/y": BOTH}))


def test_two_publishers_can() -> None:
    assert joined({**APART, "c": BOTH, "d": BOTH}) == [{"a", "b", "c", "d"}]


def test_who_controls_both_can_and_who_controls_one_cannot() -> None:
    mine, theirs = "repo:github.com/acme/tool", "repo:github.com/beta/other"
    assert joined({**APART, "c": BOTH}, owners={"c": [mine, theirs]}) == [{"a", "b", "c"}]
    # Anybody controls some repository: that gives no say over another one.
    assert joined({**APART, "c": BOTH}, owners={"c": [mine]}) == [{"a", "c"}]
    assert joined({**APART, "c": BOTH}, owners={"c": [theirs]}) == [{"a", "c"}]


def test_the_first_member_is_the_owner_else_by_hash() -> None:
    payloads = {name: entry("Tool", TOOL) for name in "abcdef"}
    plain = clusters_of(federation(payloads))[0]
    for owner in "abcdef":
        cluster = clusters_of(federation(payloads, owners={owner: ["repo:github.com/acme/tool"]}))[0]
        assert cluster.members[0].startswith(f"{owner}.example")
        assert set(cluster.members) == set(plain.members)
    assert plain.claims == (Claim("repo:github.com/acme/tool", BEARS),)


def test_before_the_hash_comes_who_was_followed_first() -> None:
    # Whoever chooses the ids of its statements can choose the hash of an address.
    payload = entry("Tool", TOOL)
    for first in "abcdef":
        people = [
            described(f"{name}.example/log/x/1/e/1", payload, voice=name, precedence=name != first)
            for name in "abcdef"
        ]
        assert clusters_of(people)[0].members[0].startswith(first)


def test_control_over_something_else_gives_no_standing() -> None:
    own = "https://github.com/mallory/thing"
    names = {"en": "Tool", "fr": "Thing"}
    payloads = {
        "a": entry("Tool", TOOL),
        "z/1": entry(names, TOOL, own),
        "z/2": entry(names, TOOL, own),
        "z/3": entry("Thing", own),
    }
    clusters = clusters_of(federation(payloads, owners={"z": ["repo:github.com/mallory/thing"]}))
    joined_by_tool = next(each for each in clusters if len(each.members) == 3)
    assert joined_by_tool.claims == (Claim("repo:github.com/acme/tool", BEARS),)
    assert joined_by_tool.standing == frozenset()
    alone = next(each for each in clusters if len(each.members) == 1)
    assert alone.standing == {"z.example/log/x/1/e/z/3"}


def test_only_so_many_claims_of_an_entry_are_linked() -> None:
    claims = tuple(Claim(f"dpg:{n}", ANY) for n in range(MOST_LINKED + 1))

    def person(voice: str, *those: Claim) -> Described:
        return Described(f"{voice}.example/e/1", voice, "software", those)

    def together(*those: Claim) -> bool:
        people = [person("a", those[0]), person("b", those[1]), person("c", *claims), person("d", *claims)]
        return len(clusters_of(people)) == 1

    assert together(claims[0], claims[-2])
    assert not together(claims[0], claims[-1])


def test_only_so_many_identifiers_count() -> None:
    many = entry("Tool", *[f"https://github.com/acme/tool{n}" for n in range(50)])
    assert len(identifiers_of(many)) == len(identifier_keys(many)) == MOST_IDENTIFIERS
    assert len({claim.identifier for claim in claims_of(many)}) == MOST_IDENTIFIERS
    junk: list[Any] = [{"scheme": "repo", "value": "none"}] * MOST_LISTED
    assert identifiers_of({"identifiers": [*junk[1:], *many["identifiers"]]}) != ()
    assert identifiers_of({"identifiers": [*junk, *many["identifiers"]], "aliases": ["none"]}) == ()


def test_claims_say_what_speaks_against_them() -> None:
    assert claims_of(entry("Tool", TOOL)) == (Claim("repo:github.com/acme/tool", BEARS),)
    assert claims_of(entry("Tool", TOOL, **found("b/lamps"))) == (
        Claim("repo:github.com/acme/tool", NOT_ITS_OWN),
    )
    assert claims_of(entry("Mesh", UMBRELLA)) == (Claim("repo:github.com/acme/umbrella", "mesh"),)
    assert not claims_of(entry("Test", UMBRELLA))[0].joins
    thing = {**entry("x"), "identifiers": [{"scheme": "dpg", "value": "tool"}]}
    assert claims_of(thing) == (Claim("dpg:tool", ANY),)


def test_where_it_was_found_and_read() -> None:
    assert found_in(entry("x", **found("acme/tool"))) == "github.com/acme/tool"
    assert found_in(entry("x")) == found_in(entry("x", source={"foundAt": {"repo": 1}})) == ""
    assert (
        document_of(entry("x", source={"url": "https://city.gov/code.json"})) == "https://city.gov/code.json"
    )
    assert document_of(entry("x", source=[])) == document_of(entry("x", source={"path": 1})) == ""
    assert names_of({"name": "plain"}) == ("plain",)
    assert names_of({"name": {"fr": "b", "en": "a", "it": "a", "xx": 1}}) == ("a", "b")


NAMES = st.sampled_from(["Tool", "tool 2.0", "Other", "Mesh Package", "Solver Package", "Test", ""])
REPOS = st.sampled_from([TOOL, f"{TOOL}.git", OTHER, UMBRELLA, "https://github.com", "https://lab.gov/list"])
SOURCES = st.sampled_from(
    [
        {},
        found("acme/tool"),
        found("beta/lamps"),
        {"source": {"format": "code.json", "path": "code.json"}},
        {"source": {"format": "publiccode.yml", "path": "a.yml"}},
    ]
)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.dictionaries(st.sampled_from(["en", "fr"]), NAMES, min_size=1))
    fields = {"summary": {"en": draw(st.sampled_from(["One.", "Two."]))}, **draw(SOURCES)}
    payload = entry(names, *draw(st.lists(REPOS, max_size=3)), **fields)
    payload["kind"] = draw(st.sampled_from(["software", "software", "service"]))
    if draw(st.booleans()):
        payload["identifiers"].append({"scheme": "dpg", "value": draw(st.sampled_from(["one", "two"]))})
    return payload


WORLDS = st.lists(st.tuples(st.sampled_from("abcd"), entries()), max_size=9).map(
    lambda rows: {f"{publisher}/{n}": payload for n, (publisher, payload) in enumerate(rows)}
)


@settings(deadline=None, max_examples=50)
@given(WORLDS, st.randoms(use_true_random=False), st.sampled_from(["", "a", "b"]))
def test_the_order_does_not_matter(world: dict[str, Any], random: Random, owner: str) -> None:
    people = federation(world, owners={owner: ["repo:github.com/acme/tool"]})
    expected = clusters_of(people)
    for _ in range(3):
        random.shuffle(people)
        assert clusters_of(people) == expected
    assert sorted(address for each in expected for address in each.members) == sorted(
        p.address for p in people
    )


@settings(deadline=None, max_examples=50)
@given(WORLDS)
def test_what_is_joined_has_a_reason_and_one_kind(world: dict[str, Any]) -> None:
    people = {each.address: each for each in federation(world)}
    for cluster in clusters_of(people.values()):
        assert len({people[address].kind for address in cluster.members}) == 1
        if len(cluster.members) > 1:
            assert cluster.claims
            assert all(claim.joins for claim in cluster.claims)


CLAIMS = st.sampled_from(
    [
        Claim("repo:forge.city/x", BEARS),
        Claim("repo:forge.city/y", BEARS),
        Claim("repo:forge.city/y", "part"),
        Claim("dpg:z", ANY),
        Claim("repo:forge.city/y", NOT_ITS_OWN),
    ]
)
STATED = st.tuples(
    st.lists(CLAIMS, max_size=3, unique=True).map(tuple),
    st.sampled_from(["", "", "list"]),
    st.sampled_from(["", "one", "two"]),
    st.booleans(),
)


def stated(rows: Iterable[tuple[str, Any]]) -> list[Described]:
    """Return entries of publishers, each of them by what joining needs of it."""
    return [
        Described(
            f"{voice}.example/log/x/1/e/{voice}{n}",
            voice,
            "software",
            claims,
            document=document,
            names=("thing",),
            gist=gist,
            may_be_copied=copied,
        )
        for n, (voice, (claims, document, gist, copied)) in enumerate(rows)
    ]


def grouped(people: Iterable[Described]) -> dict[str, Cluster]:
    return {address: each for each in clusters_of(people) for address in each.members}


OTHERS = st.lists(st.tuples(st.sampled_from("abc"), STATED), max_size=7).map(stated)
NEWCOMER = st.lists(st.tuples(st.just("z"), STATED), max_size=5).map(stated)


@settings(deadline=None, max_examples=100)
@given(OTHERS, NEWCOMER)
def test_one_more_publisher_joins_nothing_that_others_keep_apart(
    others: list[Described], more: list[Described]
) -> None:
    before, after = grouped(others), grouped([*others, *more])
    joined_now = [
        (one, other)
        for one, other in combinations(before, 2)
        if before[one] is not before[other] and after[one] is after[other]
    ]
    if joined_now:
        # It takes two: somebody else had stated two of its claims together.
        pairs = {pair for each in more for pair in permutations(atoms_of(each), 2)}
        assert any(pair in pairs for each in others for pair in permutations(atoms_of(each), 2))


@settings(deadline=None, max_examples=100)
@given(OTHERS, NEWCOMER)
def test_one_more_publisher_separates_nothing_that_is_together_by_its_first_claim(
    others: list[Described], more: list[Described]
) -> None:
    before, after = grouped(others), grouped([*others, *more])
    for one, other in combinations(others, 2):
        cluster = before[one.address]
        if cluster is before[other.address] and all(
            atoms_of(each)[0][1] in cluster.claims and not each.document and not each.may_be_copied
            for each in (one, other)
        ):
            assert after[one.address] is after[other.address]


def test_what_one_publisher_tells_apart_stays_together_for_all_others() -> None:
    def listed(gist: str) -> dict[str, Any]:
        return entry("Tool", TOOL, summary={"en": gist}, source={"format": "code.json", "path": "code.json"})

    def file(path: str) -> dict[str, Any]:
        return entry("Tool", TOOL, source={"format": "publiccode.yml", "path": path})

    others = {"a": entry("Tool", TOOL, summary={"en": "One."}), "b": entry("Tool", TOOL)}
    assert joined({**others, "z/1": listed("One."), "z/2": listed("Two.")}) == [{"a", "b"}]
    assert joined({**others, "z/1": file("1.yml"), "z/2": file("2.yml")}) == [{"a", "b"}]
    one = {**others, "c": file("tool.yml")}
    assert joined({**one, "z/1": file("1.yml")}) == [{*one, "z/1"}]
    assert joined({**one, "z/1": file("1.yml"), "z/2": file("2.yml")}) == [{*one}]


def test_the_first_claim_that_anybody_shares_decides_however_many_share_another() -> None:
    crowd = {name: entry("Other", OTHER) for name in "defgh"}
    assert joined({**APART, **crowd, "c": BOTH}) == [{"a", "c"}, {"b", *crowd}]
    assert joined({"b": APART["b"], "c": BOTH}) == [{"b", "c"}]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "name",
                        "identifiers",
                        "scheme",
                        "value",
                        "source",
                        "foundAt",
                        "repo",
                        "path",
                        "aliases",
                        "kind",
                        "summary",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
def test_any_payload_can_be_described(payload: Value) -> None:
    fields = (
        payload if isinstance(payload, dict) else {"name": payload, "identifiers": payload, "source": payload}
    )
    each = described("a.example/log/x/1/e/1", fields, voice="a")
    assert clusters_of([each]) == (Cluster((each.address,)),)


def test_all_orders_of_a_small_world_agree() -> None:
    world = {
        **APART,
        "c": BOTH,
        "d": entry("Tool", TOOL),
        "e": entry({"en": "Other", "fr": "Tool"}, OTHER, TOOL),
    }
    expected = clusters_of(federation(world))
    for order in permutations(world):
        assert clusters_of(federation({key: world[key] for key in order})) == expected
