"""Whom this node believes: read once for each state of the database, and never longer than it holds."""

import dataclasses
from pathlib import Path

from federation.standing import Rule
from node.answers.policy import policy_of
from node.standing import LAPSE_SECONDS
from tests.publisher import NOW, Publisher, open_home

CITY, PARKS = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1"


def test_a_policy_is_read_again_when_anything_of_it_changes(tmp_path: Path) -> None:
    times = [NOW]
    home = open_home(tmp_path / "home", clock=lambda: times[-1])
    Publisher(home, CITY)
    connection = home.database.connection
    first = policy_of(home, connection)
    assert policy_of(home, connection) is first
    parks = Publisher(home, PARKS, own=False)
    assert [each.origin for each in policy_of(home, connection).publishers.values()] == [CITY, PARKS]
    home.config = dataclasses.replace(home.config, standing=(Rule(CITY, ("git.example/*",)),))
    assert policy_of(home, connection).rules.standing
    with home.database.write():
        connection.execute(
            "INSERT INTO proof (log, kind, name, tried_at, verified_at, next_due, failures)"
            " VALUES (?, 'domain', 'parks.example', 0, ?, 0, 0)",
            (parks.store.id, NOW - LAPSE_SECONDS + 10),
        )
    assert policy_of(home, connection).facts[PARKS].domains == {"parks.example"}
    # It lapses without anybody writing anything, and a clock that is put back finds it again.
    times.append(NOW + 10)
    assert not policy_of(home, connection).facts[PARKS].domains
    times.append(NOW)
    assert policy_of(home, connection).facts[PARKS].domains
    home.close()
