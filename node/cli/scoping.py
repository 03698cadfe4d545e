"""``fedcat scope``: following a part of a log."""

from __future__ import annotations

from collections.abc import Callable

import click

from node.scoping import scope_of, set_scope
from node.store.scopes import Scope

from .exits import ExitCode
from .homes import opened, person
from .output import answer, hint
from .settings import Settings, command

_OPTIONS = (
    ("--kind", "kind", "KIND", "Only of this kind, such as software."),
    ("--topic", "topic", "TOPIC", "Only on this topic or a narrower one, such as sector:health."),
    ("--place", "jurisdiction", "CODE", "Only for this country or region, such as IT-25, or a wider place."),
)


def scope_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add one option for each facet of a scope; each may be repeated."""
    for option, facet, metavar, meaning in reversed(_OPTIONS):
        function = click.option(option, facet, multiple=True, metavar=metavar, help=meaning)(function)
    return function


@command("scope")
@click.argument("origin")
@scope_options
@click.option("--all", "everything", is_flag=True, help="All of it again.")
def scope(settings: Settings, *, origin: str, everything: bool, **chosen: tuple[str, ...]) -> int:
    """Show or choose what of a followed log is found by search.

    ORIGIN is the log. One value of each option that is given is enough. The log stays mirrored and verified
    whole: nothing is fetched anew when this changes, and what is out of scope keeps its address and proof.
    """
    if everything and any(chosen.values()):
        raise click.UsageError("--all and a choice exclude each other.")
    with opened(settings) as home:
        if everything or any(chosen.values()):
            found = set_scope(home, origin, chosen, person())
        else:
            found = scope_of(home, origin)
    answer(settings, {"origin": origin, "scope": found or None}, f"{origin}: {scope_text(found)}")
    if everything or any(chosen.values()):
        hint(settings, "Indexed by the next search, or by the running node.")
    return ExitCode.OK


def scope_text(found: Scope) -> str:
    """Return a scope as a line for people."""
    return "; ".join(f"{facet} {', '.join(values)}" for facet, values in found.items()) or "everything"
