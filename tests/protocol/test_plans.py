"""Items of entries: their addresses, their ends, and what is wrong with them."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.packing import Value
from protocol.plans import confirmed_on, last_day, plan_items
from protocol.validate import validate

COMPLETE: dict[str, Any] = {"type": "entry", "v": 1, "kind": "software", "name": {"en": "Tool"}}
MODIFIED: dict[str, Any] = {"modified": "2026-11-02T09:00:00Z"}


def ids(payload: dict[str, Any]) -> list[str]:
    return [item.id for item in plan_items(payload)]


def problems(**fields: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - any field
    found = validate({**COMPLETE, **fields}, written_here=False)
    return [(each.pointer, each.severity) for each in found]


def test_each_item_has_an_id_of_its_own_across_all_lists() -> None:
    payload: dict[str, Any] = {
        "roadmap": [{"id": "pilot"}, {"id": "pilot"}, {"title": {"en": "Maps"}}, {"title": {"en": "Maps"}}],
        "seeking": [{"id": "pilot", "type": "advice"}, {"type": "advice", "text": {"en": "Help"}}],
    }
    found = ids(payload)
    assert found[:2] == ["pilot", "pilot~2"]
    assert found[2].startswith("roadmap-")
    assert found[3] == f"{found[2]}~2"
    assert found[4] == "pilot~3"
    assert len(set(found)) == len(found)
    assert [item.repeats for item in plan_items(payload)] == [False, True, False, False, True, False]


def test_an_item_without_id_keeps_its_name_while_its_dates_change() -> None:
    before = {"title": {"en": "Maps"}, "stage": "planned", "from": "2027"}
    after = {**before, "stage": "done", "from": "2028"}
    assert ids({"roadmap": [before]}) == ids({"roadmap": [{"title": {"en": "Other"}}, after]})[1:]


@pytest.mark.parametrize("said", ["a b", "x" * 65, "#", "../e", "~2", 7, ["a"]])
def test_an_id_that_no_address_can_have_is_replaced(said: object) -> None:
    payload: dict[str, Any] = {"roadmap": [{"id": said, "title": {"en": "Maps"}}]}
    (item,) = plan_items(payload)
    assert item.repeats
    assert item.id.startswith("roadmap-")


def test_the_consultation_has_the_name_of_its_block() -> None:
    payload: dict[str, Any] = {
        "kind": "participation",
        "participation": {"status": "open"},
        "roadmap": [{"id": "participation"}],
    }
    assert ids(payload) == ["participation", "participation~2"]
    assert ids({**payload, "kind": "software"}) == ["participation"]


@pytest.mark.parametrize("nonsense", [None, 7, "roadmap", {"0": {}}, [[], "x", None]])
def test_what_is_no_list_of_items_has_none(nonsense: object) -> None:
    assert ids({"roadmap": nonsense, "kind": "participation", "participation": nonsense}) in (
        [], ["participation"],
    )  # fmt: skip


def test_a_list_counts_up_to_what_it_may_have() -> None:
    assert len(ids({"seeking": [{"id": "x"}] * 500})) == 200


def test_a_call_ends_within_a_year() -> None:
    assert last_day({"until": "2027-11-02"}, MODIFIED) == dt.date(2027, 11, 2)
    assert last_day({"until": "2027-11-03"}, MODIFIED) is None
    assert last_day({"until": "9999-12-31"}, MODIFIED) is None
    # What does not say when it was changed is held to the clock of whoever asks.
    assert last_day({"until": "9999-12-31"}, {}) == dt.date(9999, 12, 31)
    for nonsense in ("", "2027", "2027-Q1", "2027-02-30", None, 2027):
        call: dict[str, Any] = {"until": nonsense}
        assert last_day(call, MODIFIED) is None


def test_an_entry_is_confirmed_when_it_was_changed_or_reviewed_last() -> None:
    assert confirmed_on(MODIFIED) == dt.date(2026, 11, 2)
    assert confirmed_on({**MODIFIED, "reviewed": "2027-02-01T00:00:00Z"}) == dt.date(2027, 2, 1)
    assert confirmed_on({**MODIFIED, "reviewed": "soon"}) == dt.date(2026, 11, 2)
    assert confirmed_on({"modified": 7, "reviewed": None}) is None


def test_what_ends_before_it_begins_is_flagged_with_the_place() -> None:
    item: dict[str, Any] = {"title": {"en": "Maps"}, "stage": "planned", "from": "2027-Q2", "to": "2027-Q1"}
    assert problems(roadmap=[item]) == [("/roadmap/0/to", "flag")]
    assert problems(roadmap=[{**item, "to": "2027-Q2"}]) == []
    asked = {"status": "open", "opens": "2027-02-01", "closes": "2027-01-01"}
    assert problems(kind="participation", participation=asked) == [("/participation/closes", "flag")]


def test_an_unreadable_quarter_is_one_problem() -> None:
    item: dict[str, Any] = {"title": {"en": "Maps"}, "stage": "planned", "from": "2027-Q7", "to": "2027-Q1"}
    assert problems(roadmap=[item]) == [("/roadmap/0/from", "flag")]


def test_repeated_ids_are_flagged_here_and_refused_from_our_own() -> None:
    item: dict[str, Any] = {"id": "maps", "title": {"en": "Maps"}, "stage": "planned"}
    assert problems(roadmap=[item, item]) == [("/roadmap/1/id", "flag")]
    own = validate({**COMPLETE, "roadmap": [item, item]}, written_here=True)
    (found,) = (each for each in own if each.pointer == "/roadmap/1/id")
    assert found.severity == "error"
    assert "maps~2" in found.message


@given(
    st.dictionaries(
        st.sampled_from(["roadmap", "seeking", "offering", "providers", "participation", "kind", "modified"]),
        st.recursive(
            st.none() | st.integers(0, 9) | st.sampled_from(["", "x", "2027-01-01", "participation"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "title", "until", "type", "text"]), inner, max_size=3
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_items_of_anything_are_named_once_each(payload: dict[str, Value]) -> None:
    found = ids(payload)
    assert len(set(found)) == len(found)
    assert found == ids(payload)
