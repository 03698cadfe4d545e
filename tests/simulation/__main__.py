"""Simulate many federations and print how long each took to agree, and what that cost.

python -m tests.simulation --nodes 200 --follows 20 --seeds 50 --liars 0.1
"""

from __future__ import annotations

import argparse
import gc
from dataclasses import replace
from statistics import median

from .world import LARGE, Plan, Report, simulate


def main() -> None:
    """Print one line for each seed, and a summary; stop at the first breach."""
    plan, seeds = _arguments()
    gc.disable()
    print(f"{plan.nodes} nodes, each follows {plan.follows}; {plan.liars:.0%} lie; {plan.forks} fork")  # noqa: T201
    print(_HEADER)  # noqa: T201
    reports = []
    for seed in seeds:
        reports.append(simulate(plan, seed))
        gc.collect()
        print(_line(reports[-1]), flush=True)  # noqa: T201
    rounds = sorted(report.rounds for report in reports)
    received = sorted(report.received for report in reports)
    print(  # noqa: T201
        f"{len(reports)} seeds, no breach. Rounds to agree: median {median(rounds):g}, most {rounds[-1]}."
        f" MB meanwhile: median {median(received) / 1e6:.1f}, most {received[-1] / 1e6:.1f}."
    )


_HEADER = (
    "seed  rounds  MB meanwhile  MB in all  MB endless  requests  checks  evidence  with path  fooled"
    "  entries  crashes  trace"
)


def _line(report: Report) -> str:
    return (
        f"{report.seed:4}  {report.rounds:6}  {report.received / 1e6:12.2f}  {report.in_all / 1e6:9.2f}"
        f"  {report.wasted / 1e6:10.2f}  {report.requests:8}"
        f"  {report.steps:6}  {report.evidence:8}  {report.concerned:9}  {report.fooled:6}"
        f"  {report.entries:7}  {report.crashes:7}  {report.trace[:12]}"
    )


def _arguments() -> tuple[Plan, range]:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--follows", type=int, default=20)
    parser.add_argument("--liars", type=float, default=0.0, help="share of nodes that lie about others' logs")
    parser.add_argument("--forks", type=int, default=0, help="publishers that sign two histories")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    found = parser.parse_args()
    plan = replace(LARGE, nodes=found.nodes, follows=found.follows, liars=found.liars, forks=found.forks)
    return plan, range(found.first, found.first + found.seeds)


if __name__ == "__main__":
    main()
