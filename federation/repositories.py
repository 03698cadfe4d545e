"""Which code repository a URL names, in one spelling.

The same repository is written in many ways, and many URLs in repository fields name none::

    https://www.GitHub.com/acme/Tool.git/   →  github.com/acme/tool
    git@github.com:acme/tool                →  github.com/acme/tool
    https://github.com/acme/tool/tree/main  →  github.com/acme/tool
    https://github.com/acme                 →  None: an account
    https://example.org/acme/tool           →  None: a placeholder

Outside of forges, and of hosts and paths that look like one, a URL may be any page of a web
site. It is kept as a *page*: less is concluded from it (see :mod:`federation.identity`).

Renames that forges redirect are in :data:`RENAMES`; more come from statements (``aliases``).
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
        "github.com/demarches-simplifiees/demarches-simplifiees.fr"
    ),
    "github.com/italia/publiccode.yml": "github.com/publiccodeyml/publiccode.yml",
    "github.com/publiccodenet/publiccode.yml": "github.com/publiccodeyml/publiccode.yml",
    "github.com/numerique-gouv/sites-faciles": "github.com/numerique-gouv/sites-conformes",
    "github.com/puzzle/oss-catalog": "github.com/swiss/oss-catalog",
    "github.com/gahansen/albany": "github.com/sandialabs/albany",
    "github.com/gsjaardema/seacas": "github.com/sandialabs/seacas",
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
_PLAIN: Final = re.compile(r"https://github\.com(/[A-Za-z0-9-]{1,40}/[A-Za-z0-9._-]{1,100})/?")
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
_PLACEHOLDER: Final = re.compile(
    r"(?:(?:your|my|the)[-_]?)?(?:org|organi[sz]ation|user|username|account|owner|vendor|group"
    r"|name|repo|repository|repo[-_]?name|repository[-_]?name|project|project[-_]?name)(?:\.git)?"
    r"|(?:xx+|todo|tbd|none|null|unknown|undefined|placeholder|changeme|n-?a|foo|bar|foobar|hello-?world"
    r"|spoon-knife|test|medusa|example|sample)(?:\.git)?"
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
    """

    identity: str
    owner: str
    name: str
    is_page: bool = False

    @property
    def is_template(self) -> bool:
        """Whether it is made to be copied: the URL in a copy says where it was copied from."""
        return _TEMPLATE.search(self.name) is not None


@lru_cache(maxsize=8_192)
def repository_of(url: str) -> Repository | None:
    """Return the repository that a URL names; None for anything that identifies none.

    Never raises.
    """
    parts = ("https", "github.com", plain[1].lower(), "") if (plain := _PLAIN.fullmatch(url)) else _parts(url)
    if parts is None:
        return None
    scheme, host, path, query = parts
    if (
        _PLACEHOLDER_HOST.fullmatch(host)
        or host in _NO_REPOSITORIES
        or host.endswith((".github.io", ".gitlab.io"))
    ):
        return None
    segments = [segment for segment in path.split("/") if segment not in ("", ".")]
    if any(_MARKED.search(segment) for segment in segments) or _PLACEHOLDER.fullmatch(
        segments[-1] if segments else ""
    ):
        return None
    if host == "api.github.com":
        host, segments = "github.com", segments[1:] if segments[:1] == ["repos"] else []
    if host in _TWO_SEGMENTS:
        found = _on_forge(host, segments, nested=False)
    elif host in _NESTED or host.startswith("gitlab."):
        found = _on_forge(host, segments, nested=True)
    elif host == "sourceforge.net":
        is_project = len(segments) > 1 and segments[0] in ("projects", "p")
        found = Repository(f"{host}/projects/{segments[1]}", "", segments[1]) if is_project else None
    else:
        found = _elsewhere(scheme, host, segments, query)
    return None if found is None else _renamed(found)


def _parts(url: str) -> tuple[str, str, str, str] | None:
    """Return scheme, host (with a port), path and query in lower case; None for what is no URL of a host."""
    text = _MAVEN.sub("", url.strip()).strip()
    if not text or len(text) > MOST or any(character.isspace() for character in text):
        return None
    if (scp := _SCP.fullmatch(text)) is not None:
        text = f"ssh://{scp[1]}/{scp[2]}"
    elif "://" not in text:
        text = f"https://{text}"
    try:
        split = urlsplit(text)
        host, port = (split.hostname or "").rstrip("."), split.port
    except ValueError:
        return None
    host = host.removeprefix("www.")
    host = _HOSTS.get(host, host)
    if split.scheme not in _SCHEMES or _HOST.fullmatch(host) is None:
        return None
    if port is not None and port not in (22, 80, 443, 9418):
        host = f"{host}:{port}"
    return split.scheme, host, unquote(split.path).lower(), split.query


def _on_forge(host: str, segments: list[str], *, nested: bool) -> Repository | None:
    """Return the repository of a path on a forge whose layout is known."""
    if len(segments) < 2 or segments[0] in _RESERVED or _PLACEHOLDER.fullmatch(segments[0]):  # noqa: PLR2004 - account and repository
        return None
    ends = range(2, len(segments))
    end = next(
        (at for at in ends if segments[at] == "-" or segments[at] in _PAGES | _INTO_FILES), len(segments)
    )
    base, rest = segments[:end], [segment for segment in segments[end:] if segment != "-"]
    if not nested and len(base) > 2:  # noqa: PLR2004 - account and repository
        return None
    base[-1] = base[-1].removesuffix(".git")
    if base[-1] in ("", ".", ".."):
        return None
    within = rest[2:] if rest and rest[0] in _INTO_FILES else []
    if len(within) == 1 and _ABOUT_THE_WHOLE.fullmatch(within[0]):
        within = []
    return Repository("/".join((host, *base, *within)), base[-2], (within or base)[-1])


def _elsewhere(scheme: str, host: str, segments: list[str], query: str) -> Repository | None:
    """Return the repository, or page, at a host without a known layout."""
    if not segments:
        return None
    path = "/".join(segments)
    is_page = not (
        scheme in _REPOSITORY_SCHEMES or _FORGE_HOST.fullmatch(host) or _FORGE_PATH.search(path)
    ) or bool(query)
    asked = f"?{query.lower()}" if query else ""
    path = path.removesuffix(".git")
    owner, _, name = path.rpartition("/")
    return Repository(f"{host}/{path}{asked}", owner.rpartition("/")[2], name, is_page) if name else None


def _renamed(found: Repository) -> Repository:
    new = RENAMES.get(found.identity)
    if new is None:
        return found
    owner, name = new.rsplit("/", 2)[1:]
    return Repository(new, owner, name)
