"""This node as a witness of others, and the witnesses that it shows its own logs to.

::

    {"witness": {"vkeys": ["lyon.example/witness+0a11…"], "url": "https://lyon.example/witness",
                 "logs": [{"origin": "directory.oslo.example/log/oslo/1", "known": true, "size": 412,
                           "at": "2026-05-03T12:00:00Z"}]},
     "asked": [{"origin": "lyon.example/log/lyon/1", "witness": "archive.example/witness", "vkey": "…",
                "url": "https://archive.example/witness", "size": 40, "last_try": "…", "last_success": "…",
                "fault": null, "detail": null, "failures": 0}]}

``known`` is false of a log that would be witnessed if it were followed here. ``size`` is what was cosigned
last.
"""

from typing import Any

from node.home import Home
from node.store.witnessed import last_witnessed
from node.submitting import witnesses_to_ask
from node.witness import own_keys

from .texts import moment


def witnesses(home: Home) -> dict[str, Any]:
    """Return the document that this module shows; ``witness`` is None when this node is none.

    Raises:
        KeyFileError: The witness key cannot be used.
    """
    return {"witness": _witness(home) if home.config.witness.logs else None, "asked": _asked(home)}


def _witness(home: Home) -> dict[str, Any]:
    config, connection = home.config, home.database.connection
    logs = []
    for origin in dict.fromkeys(log.origin for log in config.witness.logs):
        last = last_witnessed(connection, origin)
        is_known = bool(config.witness.keys(origin)) or home.logs.get(origin) is not None
        logs.append({"origin": origin, "known": is_known, "size": last.size, "at": moment(last.time or None)})
    vkeys = [str(key.vkey) for key in own_keys(home)]
    return {"vkeys": vkeys, "url": f"{config.address}/witness", "logs": logs}


def _asked(home: Home) -> list[dict[str, Any]]:
    rows = home.database.connection.execute(
        "SELECT origin, vkey, submission.size, last_try, last_success, fault, detail, failures"
        " FROM submission JOIN log ON log.id = submission.log"
    )
    states = {(origin, vkey): rest for origin, vkey, *rest in rows}
    own = [row.origin for row in home.logs.all() if row.own]
    asked = []
    for origin in own:
        for witness in witnesses_to_ask(home):
            vkey = str(witness.key)
            size, tried, done, fault, detail, failures = states.get(
                (origin, vkey), (0, None, None, None, None, 0)
            )
            asked.append(
                {
                    "origin": origin,
                    "witness": witness.key.name,
                    "vkey": vkey,
                    "url": witness.url,
                    "size": size,
                    "last_try": moment(tried),
                    "last_success": moment(done),
                    "fault": fault,
                    "detail": detail,
                    "failures": failures,
                }
            )
    return asked
