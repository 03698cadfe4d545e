"""`fedcat entry review` confirms what was imported, gaps and all."""

from pathlib import Path

import pytest

from tests.command import Fedcat

pytestmark = pytest.mark.usefixtures("founded")


def test_an_imported_entry_is_confirmed_as_the_list_says(fedcat: Fedcat, tmp_path: Path) -> None:
    file = tmp_path / "publiccode.yml"
    file.write_text('publiccodeYmlVersion: "0.4"\nname: Tool\nurl: https://github.com/acme/tool\n')
    imported = fedcat("entry", "import", "publiccode", str(file), "--json").document
    ref = imported["details"][0]["id"]
    waiting = fedcat("entry", "review", "--list", "--json").document["entries"]
    assert [each["id"] for each in waiting] == [ref]
    done = fedcat("entry", "review", ref)
    assert done.code == 0, done.err
    assert fedcat("entry", "review", "--list", "--json").document["entries"] == []
    stated = fedcat("show", ref, "--json").document["statement"]
    assert stated["reviewed"]
    assert stated["incomplete"]
    # The same file says nothing new.
    assert fedcat("entry", "import", "publiccode", str(file), "--json").document["unchanged"] == 1
