"""A second sequencer for a log, in a process of its own that no head lock keeps apart from the first.

It builds its next leaves, says so, and appends them when it is told to: by then the first one was there.
Run by ``test_rivals`` with a lock directory of its own, as a second machine on shared storage would have.
"""

import sys
from pathlib import Path

from federation.ports import ConflictError
from node.answers.catalogue import CatalogueProjection
from node.home import Home
from node.own import drafts as draft_rows
from node.own.batch import Builder
from node.own.clearance import grant
from node.own.sequencer import _append, check_drafts, sequence
from tests.node_world import NOW, put


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(path: Path, origin: str) -> None:
    home = Home.open(path, projection=CatalogueProjection(), clock=lambda: NOW)
    grant(home, origin)
    row = home.logs.get(origin)
    assert row is not None
    draft = put("Of the second")
    with home.database.write() as connection:
        draft_rows.store(connection, row.id, (draft,), check_drafts((draft,)), home.now())
    store = home.logs.store(origin)
    batch = Builder(store, row.chain, row.size).add(draft_rows.waiting(home.database.connection, row.id, 8))
    say("built")
    sys.stdin.readline()
    try:
        with store:
            _append(home, row, store, batch)
        say("appended")
    except ConflictError as error:
        say(f"refused at {error.known}")
    sys.stdin.readline()
    say(sequence(home, origin) or "done")
    home.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
