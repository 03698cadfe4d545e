"""Two sequencers for one log: the second is refused by the storage, not by luck."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from node.audit import audit
from node.own.clearance import grant
from node.own.sequencer import publish
from protocol.packing import unpack
from tests.node_world import NodeWorld, put

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_second_process_that_was_slower_appends_nothing(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    env = os.environ | {"FEDCAT_LOCK_DIR": str(world.root / "other-heads")}
    # The head lock of a second machine, as far as it knows.
    (world.root / "other-heads").mkdir(mode=0o700)
    for path in (world.root / "heads").iterdir():
        (world.root / "other-heads" / path.name).write_bytes(path.read_bytes())
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.node_rival", str(home.path), origin],
        cwd=REPOSITORY,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as rival:
        assert rival.stdin is not None
        assert rival.stdout is not None
        assert rival.stdout.readline() == "built\n"
        with home.database.write() as connection:
            # The rival's draft is its own to append.
            connection.execute("UPDATE draft SET refused = 'aside' WHERE idx IS NULL")
        assert asyncio.run(publish(home, origin, [put("Of the first")])).indexes == (2,)
        with home.database.write() as connection:
            connection.execute("UPDATE draft SET refused = NULL WHERE refused = 'aside'")
        rival.stdin.write("go\n")
        rival.stdin.flush()
        assert rival.stdout.readline() == "refused at 3\n"
        assert not audit(home, origin).findings
        row = home.logs.get(origin)
        assert row is not None
        assert (row.size, row.signed_size) == (3, 3)
        # Its draft still waits: built anew on what the first one appended, it goes in behind it.
        rival.stdin.write("go\n")
        rival.stdin.flush()
        assert rival.stdout.readline() == "done\n"
        assert rival.wait(timeout=30) == 0
    store = home.logs.store(origin)
    names = [unpack(blob[16:])["name"] for _, blob in sorted(store.read_blobs(0).items())]  # type: ignore[index,call-overload]
    assert names[1:] == [{"en": "Of the first"}, {"en": "Of the second"}]
    assert not audit(home, origin).findings
