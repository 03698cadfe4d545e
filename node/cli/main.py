"""One run of the command line: from words to a command, what is said when it fails, and the exit code.

Only click and the standard library are imported before a command is chosen, so that ``fedcat --help`` answers
at once; what is shown then stands in :mod:`node.cli.tree`.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from .output import say
from .settings import Settings, common_options
from .tree import TREE, Branch

#: What shells report for a program that Ctrl-C ended: 128 and the signal's number.
INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    branch: Branch

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words, those of the usual command where no other one is named."""
        is_help = bool(args) and args[0] in ctx.help_option_names
        is_named = bool(args) and args[0] in self.branch.commands
        if self.branch.usual and not is_named and not is_help:
            args = [self.branch.usual, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the tree."""
        return list(self.branch.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, imported now; None for a name that is not in the tree."""
        chosen = self.branch.commands.get(cmd_name)
        if isinstance(chosen, Branch):
            return _group(cmd_name, chosen)
        if chosen is None:
            return None
        module, _, attribute = chosen.place.partition(":")
        loaded = getattr(import_module(f"{__package__}.{module}"), attribute)
        if not isinstance(loaded, click.Command):
            raise TypeError(f"{chosen.place} is not a command")
        return loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words name, or say which one was probably meant."""
        name = args[0]
        if name not in self.branch.commands and not name.startswith("-"):
            close = difflib.get_close_matches(name, self.branch.commands, n=3)
            meant = f" Did you mean {' or '.join(close)}?" if close else ""
            ctx.fail(f"No such command {name!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the tree, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, item.help) for name, item in self.branch.commands.items()])


def run(words: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises.

    Args:
        words: The arguments; those of this process when None.
    """
    words = list(sys.argv[1:] if words is None else words)
    settings = Settings()
    try:
        code = root.main(args=words, prog_name="fedcat", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        _error_document(words, settings, error.exit_code, error.format_message())
        return error.exit_code
    except click.Abort as error:
        code = INTERRUPTED if isinstance(error.__cause__, KeyboardInterrupt) else 1
        say("Stopped.")
        _error_document(words, settings, code, "stopped before it was done")
        return code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not our failure, and nobody left to tell.
        _drop_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence of a command line
        return _failed(error, words, settings)
    return code if isinstance(code, int) else 0


def _failed(error: Exception, words: Sequence[str], settings: Settings) -> int:
    """Say what went wrong in one line, with its hint, and return the exit code of its kind."""
    from .exits import explain  # noqa: PLC0415 - the errors of all packages, needed only when one came

    failure = explain(error)
    if settings.verbose:
        say("".join(traceback.format_exception(error)).rstrip())
    say(f"Error: {failure.message}", fg="red")
    for line in failure.lines:
        say(line)
    if failure.hint:
        say(failure.hint, dim=True)
    _error_document(words, settings, failure.code, failure.message, failure.hint, failure.fields)
    return failure.code


def _error_document(
    words: Sequence[str],
    settings: Settings,
    code: int,
    message: str,
    hint: str = "",
    more: Mapping[str, object] | None = None,
) -> None:
    """Print the failure as the one document on stdout, for a caller that asked for JSON and has none yet."""
    try:
        if "--json" in words and not settings.has_answered:
            error = {"code": code, "message": message, "hint": hint, **(more or {})}
            text = json.dumps({"error": error}, ensure_ascii=False, indent=2)
            # A word that is no UTF-8 comes as half characters, and is named in what is said of it.
            click.echo(text.encode(errors="backslashreplace").decode())
        sys.stdout.flush()
    except OSError:
        # The disk or the reader behind stdout: the exit code is all that is left to tell it.
        _drop_output()


def _drop_output() -> None:
    """Send what is still to be written to nowhere, so that the end of the process does not fail on it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _group(name: str, branch: Branch) -> LazyGroup:
    """Return the click group of a branch."""
    group = LazyGroup(name, help=branch.help)
    group.branch = branch
    return group


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001
    """Print the version of the installed distribution."""
    if not value:
        return
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow, and rarely asked

    try:
        click.echo(f"fedcat {version('fedcat')}")
    except PackageNotFoundError:
        click.echo("fedcat, run from a source tree")
    context.exit()


@click.group(
    "fedcat", cls=LazyGroup, help=TREE.help, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@common_options
@click.pass_context
def _root(context: click.Context) -> None:
    if os.environ.get("NO_COLOR"):
        context.color = False


root: LazyGroup = _root
root.branch = TREE
