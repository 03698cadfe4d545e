"""The tree of all commands: each with its one line of help and the place of its function.

A function is imported when its command is called, so nothing is imported here that it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
        "vouch": Leaf(
            "vouching:vouch", "Vouch for a publisher's identity or, with --type, for or against a thing."
        ),
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
        "planet": Branch(
            "What publishers write elsewhere, gathered from the feeds that they name.",
            {
                "list": Leaf("planet:list_", "List what publishers write elsewhere, the newest first."),
                "feeds": Leaf("planet:feeds", "Show how each feed is doing that is asked for news."),
                "fetch": Leaf(
                    "planet:fetch",
                    "Ask the feeds whose time has come, now; a running node does that by itself.",
                ),
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
            "Whom this node blocks, whom nobody may block here, and what a publisher may cost.",
            {
                "block": Leaf("trusting:block", "Neither follow, ask nor show a publisher or a host."),
                "allow": Leaf("trusting:allow", "Keep somebody from being blocked by a list or with a host."),
                "clear": Leaf("trusting:clear", "Take back what was said about a name."),
                "rules": Leaf("trusting:rules", "Show who is blocked or allowed, and who says so."),
                "limit": Leaf("limiting:limit_", "Show or choose what one publisher may cost this node."),
            },
        ),
        "peers": Leaf("peers:peers", "Show how each followed log and source is doing."),
        "trail": Leaf("trail:trail", "Show who did what on this node."),
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
        "account": Branch(
            "People who may sign in here.",
            {
                "add": Leaf("accounts:add_", "Make an account, and a code for choosing its password."),
                "list": Leaf("accounts:list_", "List all accounts, those that are disabled too."),
                "allow": Leaf("accounts:allow_", "Give an account another role at an own log, or none."),
                "invite": Leaf("accounts:invite_", "Make a new code for choosing an account's password."),
                "password": Leaf("accounts:password", "Choose the password of an account by its code."),
                "disable": Leaf("accounts:disable_", "Let nobody sign in with an account any more."),
                "enable": Leaf("accounts:enable_", "Let an account in again that was disabled."),
            },
        ),
        "draft": Branch(
            "What people work on before it is signed.",
            {
                "save": Leaf(
                    "drafts:save_", "Keep a statement, however incomplete, as a draft of an account."
                ),
                "fetch": Leaf(
                    "drafts:fetch_",
                    "Begin a draft with what describes a repository, or with a file at a URL.",
                ),
                "import": Leaf("drafts:import_", "Make a draft of each line of a table."),
                "withdraw": Leaf("drafts:withdraw", "Begin the withdrawal of a statement."),
                "erase": Leaf("drafts:erase", "Begin the erase of a statement."),
                "list": Leaf("drafts:list_", "List the drafts that an account may see."),
                "show": Leaf(
                    "drafts:show", "Show a draft: what is missing, what it changes, what is like it."
                ),
                "acknowledge": Leaf(
                    "drafts:acknowledge_", "Say that what seems to be about a person may stay."
                ),
                "hand-in": Leaf("drafts:hand_in_", "Give drafts to whoever may approve them, all or none."),
                "approve": Leaf("drafts:approve_", "Say yes to somebody else's draft, and publish it."),
                "refuse": Leaf("drafts:refuse_", "Say no to somebody else's draft, with a reason."),
                "send": Leaf("drafts:send_", "Publish drafts of one's own for one log, all or none."),
                "discard": Leaf("drafts:discard_", "Throw a draft away."),
            },
        ),
        "submission": Branch(
            "What outsiders send in.",
            {
                "add": Leaf("submissions:add_", "Send in an entry as an outsider would."),
                "status": Leaf("submissions:status_", "Say what became of what was sent in."),
                "list": Leaf("submissions:list_", "List what was sent in, and what was decided."),
                "show": Leaf(
                    "submissions:show", "Show what was sent in, and what in it seems to be about a person."
                ),
                "accept": Leaf(
                    "submissions:accept_",
                    "Make a draft of what was sent in, marked as reported by somebody else.",
                ),
                "refuse": Leaf(
                    "submissions:refuse_",
                    "Say no to what was sent in, with a reason that its sender can read.",
                ),
            },
        ),
        "dump": Leaf("dumping:dump", "Write every live statement to one file, with what proves it."),
        "verify-dump": Leaf("dumping:verify", "Check a dump, packed or not; needs no node and no network."),
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
        "doctor": Leaf("doctor:doctor", "Check the node's address, clock, home, keys, logs and disk."),
        "demo": Leaf("tour:demo", "Bring up three nodes on this machine and tour them."),
    },
)
