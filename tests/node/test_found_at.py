import pytest

from node.errors import InvalidInputError
from node.interop.found_at import FoundAt
from node.interop.record import Document
from tests.shared import SHARED, needs_shared

LIST = b"""file,source_repo,path,commit
publiccode/acme__tool.yml,acme/tool,publiccode.yml,1
deep/publiccode/acme__tool.yml,acme/fork,publiccode.yml,2
./other/one.yml,acme/one,sub\\publiccode.yml,3
twice/same.yml,acme/a,a.yml,4
again/same.yml,acme/b,b.yml,5
repo/publiccode.yml,acme/repo,publiccode.yml,6
,acme/nothing,publiccode.yml,7
no/repo.yml,,publiccode.yml,8
bad/bidi.yml,acme/\xe2\x80\xaex,publiccode.yml,9
nowhere/path.yml,acme/p,,10
"""


def where(place: str, full: str = "") -> dict[str, str] | None:
    return FoundAt.parse(LIST).find(Document(place, full or f"/home/me/{place}"))


def test_the_longest_end_of_the_path_wins() -> None:
    assert where("acme__tool.yml", "/data/publiccode/acme__tool.yml") == {
        "repo": "acme/tool",
        "path": "publiccode.yml",
    }
    found = where("acme__tool.yml", "/data/deep/publiccode/acme__tool.yml")
    assert found == {"repo": "acme/fork", "path": "publiccode.yml"}


def test_a_moved_collection_is_found_by_place_when_only_one_fits() -> None:
    assert where("one.yml") == {"repo": "acme/one", "path": "sub/publiccode.yml"}
    assert where("same.yml") is None
    assert where("acme__tool.yml") is None
    assert where("else/one.yml") is None


def test_the_standard_name_alone_proves_nothing() -> None:
    assert where("publiccode.yml") is None
    assert where("publiccode.yml", "/x/repo/publiccode.yml") == {
        "repo": "acme/repo",
        "path": "publiccode.yml",
    }


def test_a_url_is_matched_by_its_own_end_only() -> None:
    url = "https://example.org/raw/other/one.yml"
    assert where(url, url) == {"repo": "acme/one", "path": "sub/publiccode.yml"}
    assert where("https://example.org/one.yml", "https://example.org/one.yml") is None


def test_rows_that_say_nothing_publishable_are_left_out() -> None:
    assert where("repo.yml", "/no/repo.yml") is None
    assert where("bidi.yml", "/bad/bidi.yml") is None
    assert where("path.yml", "/nowhere/path.yml") == {"repo": "acme/p"}


@pytest.mark.parametrize("data", [b"file,source_repo\na,b", b"", b"file,source_repo,path\n\xff,b,c"])
def test_another_kind_of_file_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        FoundAt.parse(data, "list.csv")
    assert "list.csv" in str(caught.value)
    assert caught.value.hint


def test_short_rows_do_no_harm() -> None:
    assert FoundAt.parse(b"file,source_repo,path\na.yml\n").find(Document("a.yml", "/a.yml")) is None


@needs_shared
def test_the_list_of_the_corpus_names_its_files() -> None:
    found_at = FoundAt.parse((SHARED / "corpus" / "SOURCES.csv").read_bytes())
    for file in sorted((SHARED / "corpus" / "publiccode").iterdir()):
        assert found_at.find(Document(file.name, file.as_posix())) is not None
        # Also from a copy of a part of it.
        assert found_at.find(Document(file.name, f"/tmp/third/{file.name}")) is not None  # noqa: S108
