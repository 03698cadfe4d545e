"""What a fresh process does first it may do in several threads at once."""

import subprocess
import sys

CODE = """
import threading
from node.answers.rows import read
from protocol.packing import pack, unpack
from protocol.statement import decode
from federation.introduce import read_card_bytes

payload = pack({"type": "entry", "v": 1, "kind": "software", "name": {"en": "Tool"}, "identifiers": []})
card = b'{"fedcat": 1, "software": "x", "logs": [{"origin": "a", "url": "b", "fingerprint": "c"}]}'
begin = threading.Barrier(8)


def first():
    begin.wait()
    read(payload)
    decode(unpack(payload))
    read_card_bytes(card)


threads = [threading.Thread(target=first) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_structs_are_looked_at_before_threads_use_them() -> None:
    # msgspec crashed the process when two threads used a struct for the first time together.
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, timeout=60, check=False)  # noqa: S603 - our own code
        assert done.returncode == 0, done.stderr.decode()
