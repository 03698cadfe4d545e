"""The tree of all commands, and one run of the command line.

Only click and the standard library are imported before a command is chosen, so that
``fedcat --help`` answers at once: each command is named here with its one line of help
and the place of its function, which is imported when it is called.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import click

from .output import say
from .settings import Settings, common_options

#: What shells report for a program that Ctrl-C ended: 128 and the signal's number.
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command: ``module:attribute`` below this package, and its line of help."""

    place: str
    help: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A group of commands, its line of help, and the command that is meant where none is named."""

    help: str
    commands: Mapping[str, Leaf | Branch]
    usual: str = ""


TREE = Branch(
    "A federated, signed directory of public-sector and civic projects.",
    {
        "init": Leaf("setup:init", "Create a node: keys, settings and its first log."),
        "serve": Leaf("serving:serve", "Run the node: answer, pull from others, keep the heartbeat."),
        "recover": Leaf(
            "recovering:recover", "Rebuild a lost node from its keys and from nodes that carry its logs."
        ),
        "log": Branch(
            "The logs this node publishes and carries.",
            {
                "list": Leaf("log:list_", "List all logs with size, root and fingerprint."),
                "add": Leaf("log:add", "Start another own log, for another publisher."),
                "beat": Leaf("log:beat", "Renew the heartbeat of an own log now."),
                "audit": Leaf("log:audit", "Read every byte of a log and say what is not as it was signed."),
                "trim": Leaf("log:trim", "Delete superseded content that is older than it is to be kept."),
                "resolve": Leaf("heads:resolve", "Let a frozen log go on, for a reason that is kept."),
                "unlock": Leaf("log:unlock", "Allow signing again after a restore, at a size you vouch for."),
            },
        ),
        "key": Branch(
            "The keys of own logs: show, keep and replace them.",
            {
                "show": Leaf("keys:show", "Show key sets: who signs what, and where the private keys are."),
                "backup": Leaf("keys:backup", "Write all private keys to one file, to be stored offline."),
                "check": Leaf("keys:check", "Check that a recovery sheet or key backup can be read."),
                "rotate": Leaf("rotating:rotate", "Replace the keys of an own log, or its roots."),
                "move": Leaf("moving:move", "Publish a followed log from this node, under keys made here."),
                "release": Leaf("moving:release_", "Hand a log over to the node that made a key set."),
                "succeed": Leaf(
                    "succeeding:succeed", "Continue a log under a new name, with the consent of its roots."
                ),
                "choose": Leaf(
                    "keys:choose", "Say which of two valid key sets, or successors, is the publisher's."
                ),
                "sign": Leaf("rotating:sign", "Sign a prepared key set with a root key, offline."),
                "root": Branch(
                    "Root keys, which are kept offline.",
                    {"new": Leaf("rotating:root_new", "Make a root key of a log in a new file.")},
                ),
            },
        ),
        "entry": Branch(
            "Publish, change and withdraw entries.",
            {
                "import": Branch(
                    "Import entries from other catalogue formats.",
                    {
                        "publiccode": Leaf(
                            "importing:publiccode", "Import publiccode.yml files, folders or URLs."
                        ),
                        "codejson": Leaf(
                            "importing:codejson",
                            "Import code.json inventories and projects: files, folders or URLs.",
                        ),
                        "dpg": Leaf(
                            "importing:dpg",
                            "Import digital public goods: files of the registry, folders or URLs.",
                        ),
                    },
                ),
                "put": Leaf("entry:put", "Publish an entry, or a new version of one."),
                "withdraw": Leaf("entry:withdraw", "Withdraw an entry; its history stays."),
                "erase": Leaf("entry:erase", "Have every holder delete an entry's content."),
                "history": Leaf("reading:history", "List all versions of an entry."),
                "review": Leaf(
                    "review:review",
                    "Say of an entry that it still holds, as a new version, or list what to look at.",
                ),
            },
        ),
        "moderate": Branch(
            "What this node does not want to show, or to hold.",
            {
                "hide": Leaf("moderating:hide", "Keep an entry out of search and projects on this node."),
                "takedown": Leaf(
                    "moderating:takedown", "Delete the content of somebody else's entry on this node."
                ),
                "restore": Leaf("moderating:restore", "Undo `hide` or `takedown`."),
                "list": Leaf("moderating:list_", "List what is hidden or taken down, with reasons."),
            },
        ),
        "origin": Branch(
            "Followed logs.",
            {"purge": Leaf("moderating:purge", "Delete a followed log and all that is known from it.")},
        ),
        "use": Leaf("using:use", "Say that you use a thing, try it, think about it, or have stopped."),
        "link": Leaf(
            "linking:link", "Say that two things are one, or two, or that you help to maintain one."
        ),
        "vouch": Leaf("vouching:vouch", "Vouch for who somebody is, or for or against a thing."),
        "list": Branch(
            "Lists of things and publishers.",
            {"put": Leaf("vouching:put", "Publish a list, or a new version of one.")},
        ),
        "search": Leaf("searching:search", "Search the combined catalogue."),
        "project": Branch(
            "Show one project (`project ID`), or say what belongs to it on this node.",
            {
                "show": Leaf("project:show", "Show one project: what all its publishers say, side by side."),
                "similar": Leaf(
                    "likeness:similar",
                    "Show what is like a project, or like a draft that is not published yet.",
                ),
                "score": Leaf(
                    "likeness:score",
                    "Show how ready for reuse an entry is described to be, and what is missing.",
                ),
                "uses": Leaf(
                    "backlinks:uses", "Show who uses a project, vouches for it, builds on it or lists it."
                ),
                "join": Leaf(
                    "joining:join_",
                    "Have two entries in one project on this node, with all that is together with either.",
                ),
                "split": Leaf(
                    "joining:split_",
                    "Take an entry out of its project on this node, whatever it claims and others say.",
                ),
                "decisions": Leaf(
                    "joining:decisions_", "List what was joined and split on this node, with reasons."
                ),
                "undo": Leaf("joining:undo_", "Take back what was joined or split."),
            },
            usual="show",
        ),
        "vocabulary": Leaf(
            "vocabulary:vocabulary",
            "Show the words that entries use, what they are called and what they mean.",
        ),
        "roadmap": Branch(
            "Who plans what, and who plans the same.",
            {
                "list": Leaf("roadmap:list_", "List who plans what."),
                "overlaps": Leaf("roadmap:overlaps", "Show who else plans the same, and why."),
            },
            usual="list",
        ),
        "board": Leaf(
            "board:board", "Show who seeks or offers help, who can be hired, and what the public is asked."
        ),
        "show": Leaf("reading:show", "Show one entry and where it comes from."),
        "follow": Leaf("peers:follow", "Follow the logs of another node."),
        "scope": Leaf("scoping:scope", "Show or choose what of a followed log is found by search."),
        "sync": Leaf("peers:sync", "Pull from all followed logs once, now."),
        "publishers": Leaf(
            "known:publishers", "List who publishes: every log here, and what its profile says."
        ),
        "nodes": Leaf("known:nodes", "List the nodes that this one asks, and what their cards say."),
        "policy": Leaf("outside:policy", "Show what a followed node says of admission, licence and contact."),
        "witness": Leaf(
            "outside:witness", "Show this node as a witness of others, and the witnesses of its own logs."
        ),
        "heads": Leaf("heads:heads", "Show the head of every log as each neighbour sees it."),
        "candidates": Leaf(
            "trusting:candidates", "List logs that others recommend or vouch for, or that cards show."
        ),
        "peer": Branch(
            "Whom this node blocks, and whom nobody may block here.",
            {
                "block": Leaf("trusting:block", "Neither follow, ask nor show a publisher or a host."),
                "allow": Leaf("trusting:allow", "Keep somebody from being blocked by a list or with a host."),
                "clear": Leaf("trusting:clear", "Take back what was said about a name."),
                "rules": Leaf("trusting:rules", "Show who is blocked or allowed, and who says so."),
            },
        ),
        "peers": Leaf("peers:peers", "Show how each followed log and source is doing."),
        "token": Branch(
            "Tokens by which programs publish over HTTP.",
            {
                "create": Leaf(
                    "tokens:create_", "Make a token by which a program may publish to an own log."
                ),
                "list": Leaf("tokens:list_", "List all tokens, those that were revoked too."),
                "revoke": Leaf("tokens:revoke_", "Take a token back: it is refused from now on."),
            },
        ),
        "dump": Leaf("dumping:dump", "Write every live statement to one file, with what proves it."),
        "verify-dump": Leaf("dumping:verify", "Check a dump; needs no node and no network."),
        "proof": Leaf("reading:proof", "Write an entry's proof, which anybody can check offline."),
        "schema": Leaf("schema:schema", "Print the JSON Schema of a type of statement."),
        "verify": Leaf("verifying:verify", "Check a proof or evidence; needs no node and no network."),
        "db": Branch(
            "The derived database.",
            {
                "digest": Leaf("database:digest", "Digest what this node holds, to compare with others."),
                "clusters": Leaf(
                    "database:clusters",
                    "List the projects that several entries describe, and why they were joined.",
                ),
                "rebuild": Leaf(
                    "database:rebuild", "Derive catalogue and index again from the verified logs."
                ),
            },
        ),
        "doctor": Leaf("doctor:doctor", "Check the node's home, keys and logs."),
        "demo": Leaf("tour:demo", "Bring up three nodes on this machine and tour them."),
    },
)


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
            click.echo(json.dumps({"error": error}, ensure_ascii=False, indent=2))
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
