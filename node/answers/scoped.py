"""Whether a project is within what the operator wants found of the logs that its members are in."""

from collections.abc import Mapping

from node.store.scopes import Scope

from .documents import Document
from .facets import widened
from .projects import Project


def is_in_scope(project: Project, document: Document, scopes: Mapping[int, Scope]) -> bool:
    """Tell whether a project is to be found: any of its members is within the scope of its log.

    Args:
        project: The project.
        document: What the index would be given of it; a scope is met as filters of a search are.
        scopes: Of the logs that have one, by their number in the database.
    """
    if not scopes:
        return True
    mine = [scopes.get(member.key[0], {}) for member in project.members]
    terms = frozenset(document.fields["facet"])
    return any(
        all(any(f"{facet}={value}" in terms for value in _wanted(facet, scope[facet])) for facet in scope)
        for scope in mine
    )


def _wanted(facet: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values that meet a scope: what is for a wider place is for this one too."""
    return widened(values) if facet == "jurisdiction" else values
