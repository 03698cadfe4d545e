"""G1: a cold sync into a verified mirror, against the raw GET and write of the same bytes.

    python -m benchmarks.cold_sync --entries 100000 --rounds 5

One publisher, served by a process of its own; the follower in this one. ``raw`` asks for exactly the
files that the sync asked for, with the same client and the same parallelism, and writes their
bodies as they come, compressed and durable. ``mirror`` is what the goal counts: leaves, tiles, content,
commitments, replay, root, one signature, durable. ``node`` is the sync that nodes run: with a row for
each statement. Rounds are interleaved; the figures are medians, wall seconds beside the CPU seconds of
the follower. Goal: ``mirror`` reaches 25 % of the raw rate, and 80,000 entries a second.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from federation.fetch import Fetcher, unpacked
from federation.introduce import introduce
from federation.limits import Limits
from federation.ports import Advance
from federation.sources import Source
from federation.sync import sync_log
from node.store.logstore import LogStore
from node.store.projection import NoProjection, Projection
from node.store.recording import record_chain
from protocol.blob import Committer
from protocol.merkle import Edge, leaf_hashes
from protocol.origin import origin_hash
from protocol.replay import Replay
from protocol.tiles import WIDTH, grow, split_bundle, split_content

from .generate import entries
from .measure import Took, memory_of, middle, run_benchmark, show, timed_await, verdict
from .raw_limit import Recording, raw
from .worlds import free_port, new_home, put_all, searchable, served, workspace

_GOAL_RATE, _GOAL_SHARE = 80_000, 0.25
Result = TypeVar("Result")


class TreeStore(LogStore):
    """A store that keeps no rows of statements: what G1 counts, and nothing else."""

    def _record(self, connection: sqlite3.Connection, advance: Advance) -> None:
        record_chain(connection, self.id, advance.chain)


async def _verify(
    home_path: Path, prefix: str, origin: str, recording: Recording, projection: Projection | None
) -> Took:
    """Sync a log into a new home; with no projection only its tree and contents, without rows."""
    home = new_home(home_path, free_port(), projection=projection)
    try:
        introduction = await introduce(recording.fetcher, prefix, origin)
        store = home.logs.add(introduction.chain, own=False)
        if projection is None:
            directory = home.logs.directory / origin_hash(origin)
            nothing = NoProjection()
            store = TreeStore(home.database, directory, store.id, origin, projection=nothing, now=home.now)
        source = Source(prefix, is_origin=True)

        async def sync() -> None:
            outcomes = await sync_log(store, [source], recording, Limits(), home.now)
            if any(outcome.fault for outcome in outcomes):
                raise SystemExit(f"the benchmark's sync failed: {outcomes}")

        took = await timed_await(sync())
        if store.held().size != introduction.size:
            raise SystemExit(f"synced to {store.held().size}, not {introduction.size}")
        return took
    finally:
        home.close()


def _stages(recording: Recording, origin: str, size: int) -> list[tuple[str, float]]:
    """Return the CPU seconds of each stage, run alone over the files of one sync, in memory."""
    found: list[tuple[str, float]] = []

    def stage(name: str, run: Callable[[], Result]) -> Result:
        start = time.process_time()
        result = run()
        found.append((name, time.process_time() - start))
        return result

    by_path = {url.split("/1/", 1)[1]: response for url, response in recording.answers.items()}
    contents = [by_path[path] for path in sorted(by_path) if path.startswith("content/")]
    bundles = [by_path[path].body for path in sorted(by_path, key=_order) if path.startswith("tile/entries/")]
    stage("gunzip", lambda: [unpacked(each.packed, 1 << 26, "") for each in contents if each.packed])
    leaves = stage(
        "split bundles",
        lambda: [leaf for body in bundles for leaf in split_bundle(body, len(body) // 66)],
    )
    hashes = stage("leaf hashes", lambda: leaf_hashes(leaves))
    stage("tiles and root", lambda: (grow(0, {}, hashes), Edge.empty().extended(hashes).root))
    replay = Replay(0, None, {}, size)  # type: ignore[arg-type] # nothing stands before leaf 0
    stage("replay", lambda: replay.feed(leaves))
    committer = Committer(origin)

    def commitments() -> None:
        ordered = [by_path[path].body for path in sorted(by_path, key=_order) if path.startswith("content/")]
        for number, body in enumerate(ordered):
            part = leaves[number * WIDTH : (number + 1) * WIDTH]
            lengths = [int.from_bytes(leaf[4:8], "big") for leaf in part]
            for leaf, blob in zip(part, split_content(body, lengths, len(part)), strict=True):
                if blob is not None and not committer.matches(leaf, blob):
                    raise SystemExit("a commitment does not hold")

    stage("commitments", commitments)
    if len(leaves) != size:
        raise SystemExit("the stages did not see every leaf")
    return found


def _order(path: str) -> tuple[str, ...]:
    return (path.split(".p/", 1)[0].replace("x", ""),)


async def _main(count: int, rounds: int) -> None:
    with workspace() as root:
        port = free_port()
        publisher = new_home(root / "publisher", port)
        seconds = await put_all(publisher, entries(count))
        row = publisher.logs.all()[0]
        publisher.close()
        files = [path for path in (root / "publisher" / "logs").rglob("*") if path.is_file()]
        stored = sum(path.stat().st_size for path in files)
        rate = f"{count / seconds:,.0f}/s"
        print(f"{count} entries published in {seconds:.1f} s ({rate}), {stored / count:.0f} B/entry stored")
        prefix = f"http://127.0.0.1:{port}/{row.origin.split('/', 1)[1]}"
        runs: dict[str, list[Took]] = {
            name: [] for name in ("raw GET + write", "mirror", "node", "searchable")
        }
        with served(root / "publisher", port):
            async with Fetcher(Limits(), allow_private=True) as fetcher:
                first = Recording(fetcher, keep=True)
                await _verify(root / "warm", prefix, row.origin, first, None)
                for number in range(rounds):
                    runs["raw GET + write"].append(await raw(root / f"raw{number}", first.asked))
                    for name, projection in (("mirror", None), ("node", NoProjection())):
                        passing = Recording(fetcher)
                        path = root / f"{name}{number}"
                        runs[name].append(await _verify(path, prefix, row.origin, passing, projection))
                rss = memory_of()
                passing = Recording(fetcher)
                took = await _verify(root / "searchable", prefix, row.origin, passing, searchable())
                runs["searchable"].append(took)
        _report(count, runs, rss)
        wire = sum(len(answer.packed or answer.body) for answer in first.answers.values())
        print(f"\nbodies: {len(first.asked)} files, {wire / count:.0f} B/entry")
        print(
            "stages alone, CPU seconds: "
            + ", ".join(f"{name} {cost:.2f}" for name, cost in _stages(first, row.origin, row.size))
        )


def _report(count: int, runs: Mapping[str, list[Took]], rss: float) -> None:
    rates = {name: count / middle(found).wall for name, found in runs.items()}
    limit = rates["raw GET + write"]
    print()
    show(
        ("", "wall s", "CPU s", "entries/s", "of raw"),
        [
            (
                name,
                f"{middle(found).wall:.2f}",
                f"{middle(found).cpu:.2f}",
                f"{rates[name]:,.0f}",
                f"{rates[name] / limit:.0%}",
            )
            for name, found in runs.items()
        ],
    )
    rate, share = rates["mirror"], rates["mirror"] / limit
    figures = f"{rate:,.0f}/s (goal {_GOAL_RATE:,}), {share:.0%} of raw (goal {_GOAL_SHARE:.0%})"
    verdict("G1", rate >= _GOAL_RATE and share >= _GOAL_SHARE, figures)
    print("runs: " + ", ".join(f"{count / took.wall:,.0f}" for took in runs["mirror"]))
    print(f"RSS of the follower up to {rss:.0f} MB, its recordings included")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    run_benchmark(_main(arguments.entries, arguments.rounds))
