"""`fedcat entry put --entry` makes a new version of a statement, and of nothing else."""

import json
from pathlib import Path

import pytest

from tests.command import LIBRARY, Fedcat

pytestmark = pytest.mark.usefixtures("founded")


def test_no_statement_becomes_one_of_another_type(fedcat: Fedcat, tmp_path: Path) -> None:
    done = fedcat("use", "https://github.com/acme/tool", "--status", "pilot", "--json")
    address = done.document["entries"][0]["address"]
    file = tmp_path / "library.json"
    file.write_text(json.dumps(LIBRARY))
    for words in (("--dry-run",), ()):
        refused = fedcat("entry", "put", str(file), "--entry", address, *words)
        assert refused.code == 9
        assert "/type: This statement is of type use." in refused.err
    assert fedcat("show", address, "--json").document["type"] == "use"
