"""What a project answers at once is what the election among its publishers comes to."""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from federation.headline import headline, packed
from node.answers.projects import Member, Project

ITEM: Final = st.sampled_from([None, True, 1, "a", "b", "", {"a": 1}, [1]])
VALUE: Final = st.none() | ITEM | st.lists(ITEM, max_size=4)
STATED: Final = st.tuples(VALUE, st.booleans(), st.sampled_from("xyz"), st.integers(0, 2))


def project_of(stated: list[tuple[Any, bool, str, int]]) -> Project:
    return Project(
        tuple(
            Member(
                number,
                f"{voice}.example/log/{number}/1",
                bytes(16),
                0,
                {"said": value, "modified": f"2026-01-0{number + 1}T00:00:00Z"},
                has_standing=owns,
                voice=voice,
                precedence=place,
            )
            for number, (value, owns, voice, place) in enumerate(stated)
        )
    )


@given(st.lists(STATED, min_size=2, max_size=4))
def test_what_all_say_or_nobody_needs_no_election(stated: list[tuple[Any, bool, str, int]]) -> None:
    project = project_of(stated)
    members = project.by_precedence()
    elected = headline(member.says(member.payload.get("said")) for member in members)
    assert packed(project.value("said")) == packed(elected)
    lists = [(member, said if isinstance(said := member.payload["said"], list) else []) for member in members]
    items = {packed(item): item for _, items in lists for item in items}
    wanted = [
        key
        for key, item in items.items()
        if headline(each.says(item if key in map(packed, theirs) else None) for each, theirs in lists)
        is not None
    ]
    assert [packed(item) for item in project.values("said")] == wanted
    assert project.values("said") == project.values("said")
