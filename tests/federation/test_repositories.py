"""One spelling for each repository, and none for what names no repository."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.repositories import RENAMES, Repository, identity_of, repository_of


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/tool",
        "http://github.com/acme/tool",
        "https://www.github.com/acme/tool",
        "https://GitHub.com/Acme/Tool",
        "https://github.com/acme/tool/",
        "https://github.com/acme/tool.git",
        "https://github.com/acme/tool.git/",
        "https://github.com/acme//tool",
        "https://github.com:443/acme/tool",
        "https://somebody:secret@github.com/acme/tool",
        "https://github.com/acme/tool?tab=readme#install",
        "https://github.com/acme/tool/tree/main",
        "https://github.com/acme/tool/blob/main/README.md",
        "https://github.com/acme/tool/blob/main/publiccode.yml",
        "https://github.com/acme/tool/releases/tag/v1.0",
        "https://github.com/acme/tool/wiki",
        "https://api.github.com/repos/acme/tool",
        "git://github.com/acme/tool.git",
        "git+https://github.com/acme/tool.git",
        "scm:git:https://github.com/acme/tool.git",
        "ssh://git@github.com/acme/tool.git",
        "ssh://git@ssh.github.com:443/acme/tool.git",
        "git@github.com:acme/tool.git",
        "github.com:acme/tool",
        "github.com/acme/tool",
        " https://github.com/acme/tool ",
        "https://github.com/%61cme/tool",
    ],
)
def test_all_spellings_are_one(url: str) -> None:
    assert repository_of(url) == Repository("github.com/acme/tool", "acme", "tool")


@pytest.mark.parametrize(
    "url",
    [
        "https://git.city.gov/Parks/Tool",
        "HTTPS://git.city.gov/Parks/Tool",
        "http://www.GIT.city.gov./Parks/./Tool/",
        "https://git.city.gov//Parks//Tool.git",
        "https://git.city.gov:443/Parks/Tool",
        "https://git.city.gov/%50arks/Tool",
        "https://git.city.gov/Parks/Tool#install",
        "scm:git:https://git.city.gov/Parks/Tool",
        "git@git.city.gov:Parks/Tool",
        " https://git.city.gov/Parks/Tool ",
    ],
)
def test_all_spellings_are_one_elsewhere(url: str) -> None:
    # The first is read at once, most others are taken apart.
    assert repository_of(url) == Repository("git.city.gov/parks/tool", "parks", "tool")


@pytest.mark.parametrize(
    ("url", "identity", "name"),
    [
        ("https://gitlab.com/city/sub/tool/-/tree/main", "gitlab.com/city/sub/tool", "tool"),
        ("https://gitlab.city.example.gov/parks/tool", "gitlab.city.example.gov/parks/tool", "tool"),
        ("https://bitbucket.org/acme/tool/src/master/", "bitbucket.org/acme/tool", "tool"),
        ("https://github.com/acme/mono/tree/main/parts/map", "github.com/acme/mono/parts/map", "map"),
        ("https://sourceforge.net/p/tool/code/ci/master/", "sourceforge.net/projects/tool", "tool"),
        ("https://sf.net/projects/tool/files", "sourceforge.net/projects/tool", "tool"),
        ("https://git.city.gov/cgit/tool.git", "git.city.gov/cgit/tool", "tool"),
        ("ssh://git@city.gov:2222/parks/tool.git", "city.gov:2222/parks/tool", "tool"),
        ("svn://city.gov/tool", "city.gov/tool", "tool"),
        ("https://github.com/acme/.github", "github.com/acme/.github", ".github"),
        ("https://city-gitlab.gov/parks/sub/tool/-/tree/main", "city-gitlab.gov/parks/sub/tool", "tool"),
    ],
)
def test_forges_have_layouts_of_their_own(url: str, identity: str, name: str) -> None:
    found = repository_of(url)
    assert found is not None
    assert (found.identity, found.name, found.is_page) == (identity, name, False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "none",
        "https://github.com",
        "https://github.com/",
        "https://github.com/acme",
        "https://github.com/orgs/acme/teams/tool",
        "https://github.com/acme/tool/what/ever",
        "https://github.com/acme/.git",
        "https://gitlab.com/explore/projects",
        "https://sourceforge.net/directory",
        "https://acme.github.io/tool",
        "https://raw.githubusercontent.com/acme/tool/main/openapi.yaml",
        "https://city.gov",
        "https://city.gov/?page_id=12",
        "https://example.org/acme/tool",
        "https://forge.example/acme/tool",
        "https://github.com/your-org/your-repo",
        "https://github.com/username/tool",
        "https://github.com/acme/{{ name }}",
        "https://github.com/<owner>/<repo>",
        "https://github.com/acme/repository.git",
        "https://github.com/acme/your_project",
        "https://github.com/xxxx/tool",
        "https://github.com/acme/..",
        "https://gitlab.com/acme/tool/../other",
        "https://gitlab.com/acme/tool/%2e%2e/other",
        "https://gitlab.com/acme/.git",
        "https://localhost/acme/tool",
        "https://127.0.0.1/acme/tool",
        "https://[::1/acme/tool",
        "https://github.com:port/acme/tool",
        "mailto:info@city.gov",
        "javascript:alert(1)",
        "hhttps://github.com/acme/tool",
        "see https://github.com/acme/tool",
        "https://github.com/acme/" + "x" * 3000,
    ],
)
def test_what_names_no_repository_has_no_identity(url: str) -> None:
    assert repository_of(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://www.city.gov/products/tool",
        "https://city.gov/software/list.php",
        "https://code.city.gov/view?id=12",
    ],
)
def test_a_url_of_another_host_may_be_any_page(url: str) -> None:
    found = repository_of(url)
    assert found is not None
    assert found.is_page


def test_renames_that_forges_redirect_are_followed() -> None:
    for old, new in RENAMES.items():
        found = repository_of(f"https://{old}")
        assert found is not None
        now = repository_of(f"https://{new}")
        assert now is not None
        assert (found.identity, found.owner, found.name) == (new, now.owner, now.name)
        assert (found.former, now.former) == (old.rpartition("/")[2], "")
        assert new not in RENAMES
        part = repository_of(f"https://{old}/tree/main/parts/map")
        assert part is not None
        assert (part.identity, part.name, part.former) == (f"{new}/parts/map", "map", "")


@pytest.mark.parametrize(
    ("name", "is_template"),
    [
        ("project-template", True),
        ("projecttemplate", True),
        ("template-app", True),
        ("cookiecutter-django", True),
        ("boilerplate", True),
        ("starter-kit", True),
        ("temporal", False),
        ("contemplate", False),
        ("kickstarter", False),
    ],
)
def test_templates_are_told_by_their_names(name: str, *, is_template: bool) -> None:
    found = repository_of(f"https://github.com/acme/{name}")
    assert found is not None
    assert found.is_template is is_template


@given(st.text(max_size=200))
def test_any_text_is_a_repository_or_none(text: str) -> None:
    found = repository_of(text)
    assert identity_of(text) == (found.identity if found else "")
    # What was normalised is normal.
    assert found is None or repository_of(f"https://{found.identity}") in (found, None) or found.is_page


SEGMENTS = st.text("abcDEF-_.", min_size=1, max_size=8) | st.sampled_from(
    ["orgs", "your-org", "xxx", "Test", "..", ".git", "gahansen", "Albany", "a.git.git"]
)


@given(
    st.sampled_from(["https://github.com/", "git@gitlab.com:", "http://www.bitbucket.org/"]),
    SEGMENTS,
    SEGMENTS,
    st.sampled_from(["", "/", ".git", ".git/", "/wiki"]),
)
def test_normalising_twice_changes_nothing(base: str, owner: str, name: str, end: str) -> None:
    url = f"{base}{owner}/{name}{end}"
    found = repository_of(url)
    assert identity_of(url) == (found.identity if found else "")
    if found is not None and not found.name.endswith(".git"):
        assert repository_of(f"https://{found.identity}") == replace(found, former="")
