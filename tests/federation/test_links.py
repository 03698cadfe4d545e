"""What links join and part, and whose links do not."""

from collections.abc import Iterable
from itertools import combinations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from federation.identity import ANY, BEARS, Claim
from federation.links import MOST_PASSES, linked_clusters, may_speak
from federation.merge import Cluster, Described, clusters_of
from federation.ties import Says, Tie

TOOL = Claim("repo:forge.city/tool", BEARS)
OTHER = Claim("repo:forge.city/other", BEARS)
THIRD = Claim("dpg:third", ANY)


def at(key: str) -> str:
    """Return the address of an entry; the first letter of its key is who publishes it."""
    return f"{key[0]}.example/log/x/1/e/{key}"


def thing(key: str, *claims: Claim, owns: Iterable[Claim] = (), kind: str = "software") -> Described:
    return Described(at(key), key[0], kind, claims, owns=frozenset(each.identifier for each in owns))


def says(
    who: str,
    one: str,
    other: str,
    *,
    same: bool = True,
    controls: Iterable[Claim] = (),
    curator: bool = False,
) -> Tie:
    controlled = tuple(sorted(each.identifier for each in controls))
    as_what = Says.CURATOR if curator else Says.PUBLISHER
    return Tie(
        at(one), at(other), same, f"{who}.example/log/x/1", who, as_what, controlled, f"{who} {one} {other}"
    )


def decides(one: str, other: str) -> Tie:
    return Tie(at(one), at(other), True, "", "", Says.OPERATOR, statement="1")


def keys(cluster: Cluster) -> set[str]:
    return {address.rpartition("/")[2] for address in cluster.members}


def joined(entries: Iterable[Described], *ties: Tie, split: Iterable[str] = ()) -> list[set[str]]:
    """Return the projects of two or more, by the keys of their entries."""
    found = linked_clusters(entries, ties, [at(key) for key in split])
    return sorted((keys(each) for each in found if len(each.members) > 1), key=sorted)


def heads(entries: Iterable[Described], *ties: Tie) -> set[str]:
    """Return who has standing in a project of two or more."""
    found = linked_clusters(entries, ties)
    return {
        address.rpartition("/")[2] for each in found if len(each.members) > 1 for address in each.standing
    }


A, B = thing("a"), thing("b")


def test_both_sides_join_and_one_side_does_not() -> None:
    assert joined([A, B], says("a", "a", "b")) == []
    assert joined([A, B], says("a", "a", "b"), says("b", "b", "a")) == [{"a", "b"}]
    assert joined([A, B], says("a", "a", "b"), says("b", "a", "b")) == [{"a", "b"}]
    assert joined([A, thing("b", kind="service")], says("a", "a", "b"), says("b", "b", "a")) == []


def test_others_join_nothing_however_many_they_are() -> None:
    assert joined([A, B], *(says(who, "a", "b") for who in "xyz")) == []
    assert joined([A, B], says("a", "a", "b"), says("x", "a", "b")) == []


def test_a_curator_joins_and_parts_entries_of_others() -> None:
    assert joined([A, B], says("x", "a", "b", curator=True)) == [{"a", "b"}]
    together = [thing("a", TOOL), thing("b", TOOL), thing("c", TOOL)]
    assert joined(together, says("x", "b", "a", same=False, curator=True)) == [{"a", "c"}]
    linked = [says("a", "a", "b"), says("b", "b", "a")]
    assert joined([A, B], *linked, says("x", "a", "b", same=False, curator=True)) == []


def test_who_controls_both_sides_joins_them() -> None:
    mine = [thing("a", TOOL), thing("b", OTHER), thing("c", TOOL)]
    assert joined(mine, says("o", "a", "b", controls=[TOOL, OTHER])) == [{"a", "b", "c"}]
    assert joined(mine, says("o", "a", "b", controls=[TOOL])) == [{"a", "c"}]
    # With the other side's own word it is two voices.
    assert joined(mine, says("o", "a", "b", controls=[TOOL]), says("b", "b", "a")) == [{"a", "b", "c"}]


def test_two_projects_are_joined_by_two_voices_only() -> None:
    others = [thing("a", TOOL), thing("x1", TOOL), thing("b", OTHER), thing("x2", OTHER)]
    # The same publisher is in both.
    assert joined(others, says("x", "x1", "x2")) == [{"a", "x1"}, {"b", "x2"}]
    mates = [thing("a", TOOL), thing("x1", TOOL), thing("b", OTHER), thing("y2", OTHER)]
    assert joined(mates, says("x", "x1", "y2"), says("y", "x1", "y2")) == [{"a", "b", "x1", "y2"}]


def test_what_somebody_controls_is_joined_with_them_only() -> None:
    owned = [thing("o", TOOL, owns=[TOOL]), thing("x", TOOL), thing("b", OTHER)]
    linked = [says("x", "x", "b"), says("b", "b", "x")]
    assert joined(owned, *linked) == [{"o", "x"}]
    assert joined(owned, *linked, says("o", "x", "b", controls=[TOOL])) == [{"b", "o", "x"}]


def test_a_publisher_joins_its_own_and_bridges_nothing() -> None:
    own = [thing("p1"), thing("p2"), thing("p3")]
    assert joined(own, says("p", "p1", "p2"), says("p", "p2", "p3")) == [{"p1", "p2", "p3"}]
    others = [thing("a", TOOL), thing("p2", TOOL), thing("b", OTHER), thing("p3", OTHER), thing("p1")]
    assert joined(others, says("p", "p1", "p3")) == [{"a", "p2"}, {"b", "p1", "p3"}]
    # With both, the new one goes with the first, and joins nobody else.
    both = joined(others, says("p", "p1", "p3"), says("p", "p1", "p2"))
    assert both == [{"a", "p1", "p2"}, {"b", "p3"}]
    several = [*others, thing("p4")]
    chain = [says("p", "p1", "p2"), says("p", "p1", "p4"), says("p", "p4", "p3")]
    assert joined(several, *chain) == [{"a", "p1", "p2", "p4"}, {"b", "p3"}]


def test_two_publishers_of_one_host_are_one_voice() -> None:
    two = [
        Described("h.example/log/one/1/e/1", "h", "software", ()),
        Described("h.example/log/two/1/e/2", "h", "software", ()),
    ]
    one, other = (each.address for each in two)
    ties = [Tie(one, other, True, each.origin, "h", statement=each.origin) for each in two]
    assert len(linked_clusters(two, ties[:1])) == 2
    assert len(linked_clusters(two, ties)) == 1
    crowd = [*(Described(at(name), name, "software", (TOOL,)) for name in "ab")]
    crowd += [
        Described(each.address, "h", "software", claims)
        for each, claims in zip(two, [(TOOL,), (OTHER,)], strict=True)
    ]
    crowd += [thing("c", OTHER)]
    assert len(linked_clusters(crowd, ties)) == 2


def test_control_over_ones_own_gives_no_standing_in_what_is_linked_with_it() -> None:
    well_known = [thing("a", TOOL), thing("b", TOOL), thing("y", TOOL)]
    mine = thing("x", OTHER, owns=[OTHER])
    linked = [says("x", "x", "y", controls=[OTHER]), says("y", "y", "x")]
    assert joined([*well_known, mine], *linked) == [{"a", "b", "x", "y"}]
    assert heads([*well_known, mine], *linked) == set()
    # Alone on the other side, its own word is enough.
    assert heads([thing("y", TOOL), mine], *linked) == {"x"}
    # Who controls the project keeps it, whatever its own entries are joined with.
    owner = thing("a", TOOL, owns=[TOOL])
    attached = [thing("y1", TOOL), thing("y2", OTHER, owns=[OTHER])]
    own = says("y", "y1", "y2", controls=[OTHER])
    assert joined([owner, *attached], own) == [{"a", "y1", "y2"}]
    assert heads([owner, *attached], own) == {"a"}


def test_a_publisher_takes_its_own_entry_out_and_nobody_elses() -> None:
    together = [thing("a", TOOL), thing("b", TOOL), thing("c", TOOL)]
    assert joined(together, says("a", "a", "b", same=False)) == [{"b", "c"}]
    assert joined(together, says("a", "b", "a", same=False)) == [{"b", "c"}]
    assert joined(together, says("x", "a", "b", same=False)) == [{"a", "b", "c"}]
    assert joined(together, says("a", "b", "c", same=False)) == [{"a", "b", "c"}]
    assert joined(together, says("a", "a", "b", same=False), says("b", "a", "b", same=False)) == []
    two = [thing("a1", TOOL), thing("a2", TOOL), thing("b", TOOL)]
    assert joined(two, says("a", "a2", "a1", same=False)) == [{"a1", "b"}]


def test_who_controls_the_project_takes_others_out() -> None:
    together = [thing("o", TOOL, owns=[TOOL]), thing("b", TOOL), thing("c", TOOL)]
    cut = says("o", "o", "b", same=False, controls=[TOOL])
    assert joined(together, cut) == [{"c", "o"}]
    between = says("o", "b", "c", same=False, controls=[TOOL])
    assert joined(together, between) == [{"c", "o"}]


def test_who_left_may_be_joined_elsewhere() -> None:
    world = [thing("a", TOOL), thing("b", TOOL), thing("c", TOOL), thing("d")]
    cut = says("a", "a", "b", same=False)
    assert joined(world, cut, says("a", "a", "d"), says("d", "d", "a")) == [{"a", "d"}, {"b", "c"}]


def test_not_the_same_holds_through_others_in_between() -> None:
    world = [A, B, thing("c")]
    chain = [says("a", "a", "c"), says("c", "c", "a"), says("b", "b", "c"), says("c", "c", "b")]
    assert joined(world, *chain) == [{"a", "b", "c"}]
    assert joined(world, *chain, says("a", "a", "b", same=False)) == [{"b", "c"}]
    # Of what is joined by claims one's own entry leaves, of what one controls the whole part.
    part = [thing("a", TOOL), thing("d", TOOL), B, thing("c")]
    assert joined(part, *chain, says("a", "a", "b", same=False)) == [{"b", "c"}]
    owned = [thing("a", TOOL, owns=[TOOL]), thing("d", TOOL), B, thing("c")]
    mine = [says("a", "a", "c", controls=[TOOL]), *chain[1:]]
    assert joined(owned, *mine) == [{"a", "b", "c", "d"}]
    assert joined(owned, *mine, says("a", "a", "b", same=False, controls=[TOOL])) == [{"a", "d"}, {"b", "c"}]


def test_not_the_same_comes_before_every_join_but_the_operators() -> None:
    cut = says("a", "a", "b", same=False)
    assert joined([A, B], says("a", "a", "b"), says("b", "a", "b"), cut) == []
    assert joined([A, B], says("x", "a", "b", curator=True), cut) == []
    assert joined([A, B], decides("a", "b"), cut) == [{"a", "b"}]


def test_the_operator_splits_and_joins() -> None:
    world = [thing("a", TOOL), thing("b", TOOL), thing("c", TOOL), thing("d")]
    assert joined(world, split="a") == [{"b", "c"}]
    assert joined(world, decides("a", "d"), split="a") == [{"a", "d"}, {"b", "c"}]
    assert joined(world, says("a", "a", "d"), says("d", "d", "a"), split="a") == [{"b", "c"}]
    assert joined(world, decides("c", "d")) == [{"a", "b", "c", "d"}]
    assert heads(
        [thing("a", TOOL, owns=[TOOL]), B, thing("c", OTHER), thing("d", OTHER)], decides("a", "c")
    ) == {"a"}


def test_what_decided_is_told() -> None:
    world = [thing("a", TOOL), thing("b", TOOL), thing("c"), thing("d")]
    ties = [
        says("a", "a", "c"),
        says("c", "c", "a"),
        says("x", "a", "c"),
        says("b", "b", "d", same=False),
        says("x", "a", "d", same=False),
    ]
    found = {frozenset(keys(each)): each.ties for each in linked_clusters(world, ties)}
    assert set(found[frozenset("abc")]) == {ties[0], ties[1], ties[3]}
    assert found[frozenset("d")] == (ties[3],)
    assert may_speak(ties[0], world[0])
    assert not may_speak(ties[2], world[0])
    assert may_speak(says("x", "a", "c", controls=[TOOL]), world[0])


def test_long_chains_end() -> None:
    count = MOST_PASSES * 3
    claims = [Claim(f"dpg:{number}", ANY) for number in range(count + 1)]
    world = [thing(f"z{number:03}", claims[number], claims[number + 1]) for number in range(count)]
    victims = [thing("a", TOOL), thing("b", TOOL)]
    ties = [says("z", f"z{n:03}", f"z{n + 1:03}", same=False) for n in range(count - 1)]
    found = joined([*world, *victims], *ties)
    assert {"a", "b"} in found
    for tie in ties:
        assert not any({tie.subject[-4:], tie.target[-4:]} <= group for group in found)


CLAIMS = st.lists(st.sampled_from([TOOL, OTHER, THIRD]), max_size=2, unique=True)
ROWS = st.lists(st.tuples(st.sampled_from("abc"), CLAIMS, st.booleans()), min_size=2, max_size=7)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Described], list[Tie]]:
    rows = draw(ROWS)
    owner = draw(st.sampled_from("a-"))
    entries = [
        thing(
            f"{who}{n}",
            *claims,
            owns=[TOOL] if who == owner else [],
            kind="other" if odd and n == 6 else "software",
        )
        for n, (who, claims, odd) in enumerate(rows)
    ]
    names = st.sampled_from([each.address.rpartition("/")[2] for each in entries])
    said = st.tuples(st.sampled_from("abcxk"), names, names, st.booleans())
    ties = [
        says(who, one, other, same=same, controls=[TOOL] if who == owner else [], curator=who == "k")
        for who, one, other, same in draw(st.lists(said, max_size=9))
    ]
    return entries, ties


@settings(deadline=None, max_examples=60)
@given(worlds(), st.randoms(use_true_random=False), st.booleans())
def test_the_order_does_not_matter(
    world: tuple[list[Described], list[Tie]], random: Random, split: bool
) -> None:
    entries, ties = world
    out = [entries[0].address] if split else []
    expected = linked_clusters(entries, ties, out)
    for _ in range(3):
        random.shuffle(entries)
        random.shuffle(ties)
        assert linked_clusters(entries, ties, out) == expected
    assert sorted(address for each in expected for address in each.members) == sorted(
        e.address for e in entries
    )
    kinds = {each.address: each.kind for each in entries}
    assert all(len({kinds[address] for address in each.members}) == 1 for each in expected)


@settings(deadline=None, max_examples=60)
@given(worlds(), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=6))
def test_who_has_no_say_changes_nothing(
    world: tuple[list[Described], list[Tie]], said: list[tuple[int, int, bool]]
) -> None:
    entries, ties = world
    names = [each.address.rpartition("/")[2] for each in entries]
    more = [says("z", names[m % len(names)], names[n % len(names)], same=same) for m, n, same in said]
    assert linked_clusters(entries, [*ties, *more]) == linked_clusters(entries, ties)


@settings(deadline=None, max_examples=80)
@given(
    worlds(),
    st.lists(CLAIMS, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6),
)
def test_a_newcomers_links_join_no_two_entries_of_others(
    world: tuple[list[Described], list[Tie]], own: list[list[Claim]], said: list[tuple[int, int]]
) -> None:
    entries, ties = world
    everybody = [*entries, *(thing(f"z{n}", *claims) for n, claims in enumerate(own))]
    names = [each.address.rpartition("/")[2] for each in everybody]
    more = [says("z", names[m % len(names)], names[n % len(names)]) for m, n in said]
    before = _groups(linked_clusters(everybody, ties))
    after = _groups(linked_clusters(everybody, [*ties, *more]))
    for one, other in combinations((each.address for each in entries), 2):
        assert (before[one] is before[other]) == (after[one] is after[other])


@settings(deadline=None, max_examples=80)
@given(worlds())
def test_whoever_says_not_the_same_of_its_own_is_not_with_it(
    world: tuple[list[Described], list[Tie]],
) -> None:
    entries, ties = world
    grouped = _groups(linked_clusters(entries, ties))
    for tie in ties:
        if (
            not tie.is_same
            and tie.subject != tie.target
            and {f"{tie.by}/e"} & {p.rpartition("/")[0] for p in tie.pair}
        ):
            assert grouped[tie.subject] is not grouped[tie.target]


@settings(deadline=None, max_examples=30)
@given(worlds())
def test_without_links_claims_alone_decide(world: tuple[list[Described], list[Tie]]) -> None:
    entries, _ = world
    assert linked_clusters(entries) == clusters_of(entries)


def _groups(clusters: Iterable[Cluster]) -> dict[str, Cluster]:
    return {address: each for each in clusters for address in each.members}
