"""``fedcat serve``: a node runs."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from typing import Final

from node.answers.garbage import share_heaps
from node.answers.readying import make_ready
from node.desk.accounts import accounts
from node.secret import fresh_code
from node.service import serve as run_service

from .exits import ExitCode
from .homes import opened
from .output import answer, hint
from .settings import Settings, command

_TURN_SECONDS: Final = 0.0005
"""How long a thread may go on while another one waits. An answer gives way at each question to the database,
and would wait for Python's usual 5 ms each time where a thread audits or indexes."""


@command("serve")
def serve(settings: Settings) -> int:
    """Run the node: answer, pull from others, keep the heartbeat.

    SIGTERM finishes what is being answered and stops.
    """

    def ready() -> None:
        own = [log.origin for log in home.logs.all() if log.own]
        document = {"address": home.config.address, "pid": os.getpid(), "logs": own}
        answer(settings, document, "")
        hint(settings, f"Serving {home.config.name} at {home.config.address}")
        if first is not None:
            where = f"{home.config.address}/en/setup?code={first}"
            hint(settings, f"First run: {where} shows what is in order; the link is good once.")
        # What is loaded by now stays: to look through all of it again and again stops every answer.
        gc.collect()
        gc.freeze()

    sys.setswitchinterval(_TURN_SECONDS)
    share_heaps()
    make_ready()
    with opened(settings, level="warning" if settings.quiet else "info") as home:
        # Whoever has an account has seen it, or can see the checklist of the desk.
        first = None if accounts(home) else fresh_code()
        asyncio.run(run_service(home, ready=ready, first=first))
    return ExitCode.OK
