"""Which code repository a URL names, in one spelling.

The same repository is written in many ways, and many URLs in repository fields name none::

    https://www.GitHub.com/acme/Tool.git/   →  github.com/acme/tool
    git@github.com:acme/tool                →  github.com/acme/tool
    https://github.com/acme/tool/tree/main  →  github.com/acme/tool
    https://github.com/acme                 →  None: an account
    https://example.org/acme/tool           →  None: a placeholder

Outside of forges, and of hosts and paths that look like one, a URL may be any page of a web
site. It is kept as a *page*: less is concluded from it (see :mod:`federation.identity`).

Renames that forges redirect are in :data:`RENAMES`; more come from statements (``aliases``). A
rename is in the list when the forge itself shows it: the requests and issues from before it are
under the new name now. That a file changed its URL is not enough, forks do that too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MOST: Final = 2_000
"""Characters of a URL that is looked at."""

# Former identity -> the one that the forge redirects to.
RENAMES: Final[Mapping[str, str]] = {
    "github.com/betagouv/demarches-simplifiees.fr": (
        "github.com/demarche-numerique/demarche.numerique.gouv.fr"
    ),
    "github.com/demarches-simplifiees/demarches-simplifiees.fr": (
        "github.com/demarche-numerique/demarche.numerique.gouv.fr"
    ),
    "github.com/gahansen/albany": "github.com/sandialabs/albany",
    "github.com/gsjaardema/seacas": "github.com/sandialabs/seacas",
    "github.com/numerique-gouv/sites-faciles": "github.com/numerique-gouv/sites-conformes",
    "github.com/publiccodenet/standard": "github.com/standard-for-public-code/standard-for-public-code",
    "github.com/snlcomputation/albany": "github.com/sandialabs/albany",
}

_HOSTS: Final[Mapping[str, str]] = {"ssh.github.com": "github.com", "sf.net": "sourceforge.net"}
_TWO_SEGMENTS: Final = frozenset(
    {"github.com", "bitbucket.org", "codeberg.org", "gitee.com", "gitea.com", "notabug.org", "git.sr.ht"}
)
_NESTED: Final = frozenset(
    {
        "gitlab.com",
        "framagit.org",
        "salsa.debian.org",
        "invent.kde.org",
        "code.europa.eu",
        "forge.apps.education.fr",
    }
)
_NO_REPOSITORIES: Final = frozenset(
    {
        "raw.githubusercontent.com",
        "githubusercontent.com",
        "github.blog",
        "docs.github.com",
        "pages.github.com",
    }
)
# First segments of forges that are no account.
_RESERVED: Final = _words(
    "about account api apps blog collections contact dashboard enterprise events explore features "
    "groups help issues join login marketplace new notifications organizations orgs pricing projects "
    "pulls readme search security settings signup site snippets sponsors stars team topics trending "
    "users -"
)
# Pages of a repository that stand for the whole.
_PAGES: Final = _words(
    "actions archive branches commits contributors discussions downloads forks graphs issues "
    "merge_requests network overview packages pipelines projects pulls pulse releases stargazers tags "
    "tarball wiki wikis zipball"
)
_INTO_FILES: Final = frozenset({"tree", "blob", "src", "raw", "edit", "browse"})
_ABOUT_THE_WHOLE: Final = re.compile(
    r"(?:readme|license|licence|copying)(?:\.\w+)?|(?:public)?code\.(?:ya?ml|json)"
)
# Four URLs in five are spelled like this, and need no taking apart.
_PLAIN: Final = re.compile(r"https://github\.com/([A-Za-z0-9-]{1,40})/([A-Za-z0-9._-]{1,100})/?")
# Nearly all others: nothing to take off, no port, nothing that stands for another character.
_PLAIN_URL: Final = re.compile(r"(https?)://([A-Za-z0-9.-]+)(/[A-Za-z0-9._~/-]*)")
_FORGE_HOST: Final = re.compile(
    r"(?:git|gitlab|github|gitea|forgejo|cgit|gerrit|bitbucket|stash|code|svn|subversion|hg|scm|src|source|forge|trac)"
    r"\d*[.-].+"
)
_FORGE_PATH: Final = re.compile(r"(?:^|/)(?:git|cgit|gitweb|svn|scm|hg|trac|repos)/|\.git(?:/|$)")
_SCP: Final = re.compile(r"(?:[\w.-]+@)?([\w.-]+\.[A-Za-z]{2,}):(?!//)(?!\d+/)(.+)")
_MAVEN: Final = re.compile(r"^(?:scm:)?(?:(?:git|svn|hg)[:+])?(?=[a-z+]+://)")
_SCHEMES: Final = frozenset({"http", "https", "git", "ssh", "svn", "hg"})
_REPOSITORY_SCHEMES: Final = frozenset({"git", "ssh", "svn", "hg"})
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
# Reserved for examples and private use (RFC 2606, RFC 6761), and what templates write.
_PLACEHOLDER_HOST: Final = re.compile(
    r"(?:.+\.)?(?:example\.(?:com|org|net)|example|test|invalid|localhost|local|localdomain|domain\.tld"
    r"|(?:your|my)-?(?:domain|site|host|organi[sz]ation|forge)\.[a-z]+)"
)
_MARKED: Final = re.compile(r"[<>{}\[\]$*]")
_PLACEHOLDERS: Final = frozenset(
    f"{whose}{what}"
    for whose in _words("your your- your_ my my- my_ the the- the_") | {""}
    for what in _words(
        "org organisation organization user username account owner vendor group name repo reponame repo-name "
        "repo_name repository repositoryname repository-name repository_name project projectname "
        "project-name project_name"
    )
) | _words(
    "todo tbd none null unknown undefined placeholder changeme na n-a foo bar foobar helloworld hello-world "
    "spoon-knife test medusa example sample"
)
_TEMPLATE: Final = re.compile(
    r"(?:^|[-_.]|project|repo)(?:templates?|boilerplate|skeleton|cookiecutter|starter(?:-?kit)?)(?:$|[-_.])"
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A code repository, or a page that is given as one.

    Attributes:
        identity: ``host/path`` in the one spelling; within a repository, the path of a part follows.
        owner: The account or group; empty where the path has one segment.
        name: The last segment: what the repository is called.
        is_page: Whether it may as well be any page of a web site.
        former: What it was called when the URL was written, where it was renamed since; else empty.
    """

    identity: str
    owner: str
    name: str
    is_page: bool = False
    former: str = ""

    @property
    def is_template(self) -> bool:
        """Whether it is made to be copied: the URL in a copy says where it was copied from."""
        return _TEMPLATE.search(self.name) is not None


def identity_of(url: str) -> str:
    """Return the identity of the repository that a URL names; empty for anything that identifies none.

    The same as ``repository_of(url).identity``, and three times as fast: every entry is asked for it.
    """
    if (plain := _PLAIN.fullmatch(url)) is not None:
        owner, name = plain[1].lower(), plain[2].lower().removesuffix(".git")
        if owner not in _RESERVED and not _is_placeholder(owner) and _is_name(name):
            identity = f"github.com/{owner}/{name}"
            return RENAMES.get(identity, identity)
        return ""
    found = repository_of(url)
    return found.identity if found else ""


def repository_of(url: str) -> Repository | None:
    """Return the repository that a URL names; None for anything that identifies none.

    Never raises.
    """
    return _repository_of(url) if len(url) <= MOST else None


@lru_cache(maxsize=8_192)
def _repository_of(url: str) -> Repository | None:
    parts = _parts(url)
    if parts is None:
        return None
    scheme, host, segments, query = parts
    if host == "api.github.com":
        host, segments = "github.com", segments[1:] if segments[0] == "repos" else []
    if host in _TWO_SEGMENTS:
        return _on_forge(host, segments, nested=False)
    if host in _NESTED or "gitlab" in host.partition(".")[0].split("-"):
        return _on_forge(host, segments, nested=True)
    if host == "sourceforge.net":
        is_project = len(segments) > 1 and segments[0] in ("projects", "p")
        return Repository(f"{host}/projects/{segments[1]}", "", segments[1]) if is_project else None
    return _elsewhere(scheme, host, segments, query)


def _parts(url: str) -> tuple[str, str, list[str], str] | None:
    """Return scheme, host (with a port), segments of the path in lower case, and query.

    None for what is no URL of something on a host that can have repositories.
    """
    split = _split(url)
    if split is None:
        return None
    scheme, host, port, path, query = split
    host = host.rstrip(".").removeprefix("www.")
    host = _HOSTS.get(host, host)
    segments = _segments(path)
    if scheme not in _SCHEMES or not segments or not _may_have_repositories(host):
        return None
    if port is not None and port not in (22, 80, 443, 9418):
        host = f"{host}:{port}"
    return scheme, host, segments, query


def _split(url: str) -> tuple[str, str, int | None, str, str] | None:
    """Return scheme, host in lower case, port, path and query of a URL, however it is written."""
    if (plain := _PLAIN_URL.fullmatch(url)) is not None:
        return plain[1], plain[2].lower(), None, plain[3], ""
    text = _MAVEN.sub("", url.strip()).strip()
    if text.split(maxsplit=1) != [text]:
        return None  # empty, or with white space in it
    if (scp := _SCP.fullmatch(text)) is not None:
        text = f"ssh://{scp[1]}/{scp[2]}"
    elif "://" not in text:
        text = f"https://{text}"
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        return None
    return split.scheme, split.hostname or "", port, split.path, split.query


# Few hosts have most of what is not on the large forges.
@lru_cache(maxsize=1_024)
def _may_have_repositories(host: str) -> bool:
    return (
        _HOST.fullmatch(host) is not None
        and _PLACEHOLDER_HOST.fullmatch(host) is None
        and host not in _NO_REPOSITORIES
        and not host.endswith((".github.io", ".gitlab.io"))
    )


def _segments(path: str) -> list[str]:
    """Return the segments of a path in lower case; none when one of them stands for something else."""
    path = unquote(path).lower()
    segments = [segment for segment in path.split("/") if segment not in ("", ".")]
    if ".." in segments or _MARKED.search(path):
        return []
    return segments if segments and _is_name(segments[-1].removesuffix(".git")) else []


def _is_placeholder(segment: str) -> bool:
    return segment in _PLACEHOLDERS or (len(segment) > 1 and not segment.strip("x"))


def _is_name(segment: str) -> bool:
    """Tell whether the last segment of a path names something."""
    return segment not in ("", ".", "..") and not _is_placeholder(segment)


def _on_forge(host: str, segments: list[str], *, nested: bool) -> Repository | None:
    """Return the repository of a path on a forge whose layout is known."""
    if len(segments) < 2 or segments[0] in _RESERVED or _is_placeholder(segments[0]):  # noqa: PLR2004 - account and repository
        return None
    ends = range(2, len(segments))
    end = next(
        (at for at in ends if segments[at] == "-" or segments[at] in _PAGES | _INTO_FILES), len(segments)
    )
    base, rest = segments[:end], [segment for segment in segments[end:] if segment != "-"]
    if not nested and len(base) > 2:  # noqa: PLR2004 - account and repository
        return None
    base[-1] = base[-1].removesuffix(".git")
    if not _is_name(base[-1]):
        return None
    within = rest[2:] if rest and rest[0] in _INTO_FILES else []
    if len(within) == 1 and _ABOUT_THE_WHOLE.fullmatch(within[0]):
        within = []
    stated = "/".join((host, *base))
    whole = RENAMES.get(stated, stated)
    owner, called = whole.split("/")[-2:]
    identity, name = "/".join((whole, *within)), (within or [called])[-1]
    return Repository(identity, owner, name, former="" if whole == stated or within else base[-1])


def _elsewhere(scheme: str, host: str, segments: list[str], query: str) -> Repository | None:
    """Return the repository, or page, at a host without a known layout."""
    path = "/".join(segments)
    is_page = not (
        scheme in _REPOSITORY_SCHEMES or _FORGE_HOST.fullmatch(host) or _FORGE_PATH.search(path)
    ) or bool(query)
    asked = f"?{query.lower()}" if query else ""
    path = path.removesuffix(".git")
    owner, _, name = path.rpartition("/")
    return Repository(f"{host}/{path}{asked}", owner.rpartition("/")[2], name, is_page) if name else None
