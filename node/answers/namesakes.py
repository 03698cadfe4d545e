"""Projects that bear the same name: homonyms are common, so they are only told of.

A name is equal to another one without case, accents and punctuation, whatever language it is in. It is one
term of the index: however many things have its single words, what has all of it is found at once.
"""

from operator import itemgetter
from typing import Final

import tantivy

from federation.names import words
from node.home import Home

from .asking import Asked, hits
from .indexing import catch_up
from .items import items_of
from .planned import projects_only
from .projects import Project
from .projectshapes import Related
from .queries import Level, any_of
from .search import snapshot_of
from .texts import lang_map
from .words import folded

MAX_NAMESAKES: Final = 20
"""Things of equal name that are looked at for each name of a project."""

_MOST_NAMES: Final = 4
_LEAST_NAME: Final = 5  # letters: shorter names are too many things'


def namesakes_of(home: Home, project: Project, *, fresh: bool) -> list[Related]:
    """Return what is of the same kind as a project and has an equal name, itself among them, by address.

    Args:
        home: The node.
        project: As it stands now.
        fresh: Index what waits first.

    Raises:
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    names = _names(project)
    if fresh:
        catch_up(home)
    if not names:
        return []
    snapshot = snapshot_of(home)
    equal = any_of(tantivy.Query.term_query(snapshot.schema, "exact", name, "basic") for name in names)
    asked = Asked(snapshot, [Level("exact", projects_only(snapshot, equal))], {}, "rank", in_levels=True)
    found: list[Related] = [
        {
            "project": item["address"],
            "name": item["name"],
            "relation": "maybe the same",
            "why": "an equal name, and nothing else",
        }
        for item in items_of(home, hits(asked, None, MAX_NAMESAKES * len(names)), ())
        if item["kind"] == project.value("kind")
    ]
    return sorted(found, key=itemgetter("project"))


def _names(project: Project) -> list[str]:
    """Return the first names of a project as the index compares them, but for the short ones."""
    names = (name for member in project.members for name in lang_map(member.payload.get("name")).values())
    first = list(dict.fromkeys(names))[:_MOST_NAMES]
    long = (each for each in first if len("".join(words(each))) >= _LEAST_NAME)
    return [name for name in dict.fromkeys(map(folded, long)) if name]
