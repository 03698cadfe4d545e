"""The command line itself: help, unknown words, common options, streams, exit codes."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from federation.faults import Fault, FaultError, FaultKind
from node.__main__ import fill_closed_streams
from node.cli import output
from node.cli.exits import EXIT_CODES, ExitCode, explain
from node.cli.main import root, run
from node.cli.settings import Settings, common_options
from node.cli.tree import TREE, Branch, Leaf
from node.errors import ConfigError, InvalidInputError, NodeError, NotFoundError
from protocol.errors import InconsistentError
from protocol.validate import Problem
from tests.command import Terminal

OPENING = ("aiohttp", "tantivy", "sqlite3", "asyncio", "node.home", "node.store", "urllib.request")
REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = ("aiohttp", "cryptography", "tantivy", "msgspec", "ruamel", "sqlite_utils", "msgpack", "asyncio")


def leaves(branch: Branch, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    for name, item in branch.commands.items():
        if isinstance(item, Branch):
            yield from leaves(item, (*words, name))
        else:
            yield (*words, name), item


ALL = dict(leaves(TREE))


@pytest.mark.parametrize("words", [["--help"], ["entry", "--help"], ["log"], ["--version"], ["nonsense"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys; from node.cli.main import run; run(sys.argv[1:]);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script, *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_verify_loads_nothing_that_could_open_a_home_or_a_connection() -> None:
    script = (
        "import sys; import node.cli.verifying;"
        f"print([name for name in {OPENING!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "node", "serch"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Did you mean search" in done.stderr


@pytest.mark.parametrize("words", ALL)
def test_every_command_has_the_common_options_and_the_help_of_the_tree(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(root, [*words, "--help"], obj=Settings())
    assert shown.exit_code == 0, shown.output
    for option in ("--home", "--json", "--quiet", "--verbose"):
        assert option in shown.output
    group: click.Command | None = root
    for name in words:
        assert isinstance(group, click.Group)
        group = group.get_command(click.Context(root), name)
    assert group is not None
    assert (group.help or "").split("\n")[0].rstrip(".") + "." == ALL[words].help


def test_the_groups_list_their_commands_in_the_order_of_the_tree() -> None:
    shown = CliRunner().invoke(root, ["--help"], obj=Settings()).output
    names = root.list_commands(click.Context(root))
    assert names[:2] == ["init", "serve"]
    places = [shown.index(f"\n  {name} ") for name in names]
    assert places == sorted(places)


def test_a_place_that_is_no_command_is_our_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TREE.commands, "wrong", Leaf("settings:Settings", "Wrong."))
    with pytest.raises(TypeError, match="not a command"):
        root.get_command(click.Context(root), "wrong")


def test_unknown_words_suggest_and_end_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["log", "lst", "--json"]) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["code"] == 2
    assert "Did you mean list?" in shown.err
    assert run(["qqqq"]) == 2
    assert "Did you mean" not in capsys.readouterr().err
    assert run(["--nonsense"]) == 2
    assert root.get_command(click.Context(root), "nonsense") is None


def test_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: f"9.9 of {name}")
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "fedcat 9.9 of fedcat\n"

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert run(["--version"]) == 0
    assert "source tree" in capsys.readouterr().out


def test_common_options_count_before_and_after_the_command(tmp_path: Path) -> None:
    seen: list[Settings] = []

    @click.command("look")
    @click.pass_obj
    def look(settings: Settings) -> None:
        seen.append(settings)

    common_options(look)
    settings = Settings(quiet=True, home=tmp_path)
    CliRunner().invoke(look, ["--json", "-v", "--home", str(tmp_path / "x")], obj=settings)
    assert seen == [Settings(home=tmp_path / "x", as_json=True, quiet=True, verbose=True)]
    CliRunner().invoke(look, ["--json"])
    assert seen[1:] == [None]


def test_where_the_home_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDCAT_HOME", "/srv/fedcat")
    assert Settings(home=Path("here")).home_path() == Path("here")
    assert Settings().home_path() == Path("/srv/fedcat")
    monkeypatch.setenv("FEDCAT_HOME", "")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert Settings().home_path() == Path("/data/fedcat")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert Settings().home_path() == Path.home() / ".local/share/fedcat"


def test_exit_codes_are_what_scripts_rely_on() -> None:
    assert [int(code) for code in ExitCode] == list(range(10))
    assert all(issubclass(kind, Exception) for kind, _ in EXIT_CODES)
    fault = Fault(FaultKind.UNREACHABLE, "checkpoint", "refused")
    assert explain(FaultError(fault)).code == ExitCode.NETWORK
    forged = explain(FaultError(Fault(FaultKind.BAD_SIGNATURE, "checkpoint", "wrong key")))
    assert forged.code == ExitCode.UNVERIFIED
    assert forged.fields["fault"] == "bad signature"
    assert explain(InconsistentError("proof", "wrong root")).code == ExitCode.UNVERIFIED
    assert explain(NotFoundError("entry ab12")).code == ExitCode.NOT_FOUND
    config = explain(ConfigError("config.toml", "name", "is missing", "Give one."))
    assert (config.code, config.hint) == (ExitCode.CONFIG, "Give one.")
    assert explain(PermissionError(13, "Permission denied", "/srv")).code == ExitCode.CONFIG
    assert explain(NodeError("odd")).code == ExitCode.UNEXPECTED
    assert "--verbose" in explain(ZeroDivisionError("odd")).hint


def test_a_refused_document_lists_every_problem() -> None:
    problems = (
        Problem("/name", "is missing", "Give one.", "error"),
        Problem("", "A statement is a map.", "", "error"),
    )
    failure = explain(InvalidInputError("2 problems", problems))
    assert failure.code == ExitCode.INVALID_INPUT
    assert failure.lines == ("  /name: is missing (Give one.)", "  /: A statement is a map.")
    assert isinstance(failure.fields["problems"], list)
    assert failure.fields["problems"][0]["pointer"] == "/name"


def test_a_person_is_asked_only_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Settings().interactive
    assert output.confirmed(Settings(), "Sure?", yes=False)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert Settings().interactive
    assert not Settings(as_json=True).interactive
    assert output.confirmed(Settings(), "Sure?", yes=True)
    assert not output.confirmed(Settings(), "Sure?", yes=False)


def test_the_bar_is_drawn_only_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def count(settings: Settings) -> None:
        with output.counting(settings, 2, "Reading") as step:
            step()
            step()

    count(Settings())
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    count(Settings(quiet=True))
    assert screen.getvalue() == ""
    count(Settings())
    assert "Reading" in screen.getvalue()


def test_tables_align_words_numbers_and_wide_letters() -> None:
    assert output.table(("NAME", "SIZE"), [("a", 7), ("日本", 128)]) == "NAME  SIZE\na        7\n日本   128"
    assert (
        output.table(("NAME", "FAULT"), [("e\u0301", None), ("ab", "x")])
        == "NAME  FAULT\ne\u0301     -\nab    x"
    )
    assert output.table(("NAME",), []) == "NAME"
    assert output.fields({"a": 1, "long": "x", "gone": None}) == "a     1\nlong  x"
    assert output.fields({}) == ""
    assert output.moment(0) == "1970-01-01T00:00:00Z"
    assert output.moment(None) is None


def test_answers_are_data_and_hints_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    output.answer(Settings(as_json=True), {"id": b"\x01", "path": Path("x")}, "text")
    output.answer(Settings(), {}, "text")
    output.answer(Settings(), {}, "")
    output.hint(Settings(), "next")
    output.hint(Settings(quiet=True), "hidden")
    shown = capsys.readouterr()
    assert shown.out == '{\n  "id": "01",\n  "path": "x"\n}\ntext\n'
    assert shown.err == "next\n"


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `fedcat doctor` fail with an error."""

    @click.command("doctor")
    def doctor() -> None:
        raise error

    monkeypatch.setattr("node.cli.main.LazyGroup.get_command", lambda *_: doctor)


@pytest.mark.parametrize(
    ("error", "code"),
    [(click.Abort(), 1), (KeyboardInterrupt(), 130), (ValueError("odd"), 1), (EOFError(), 1)],
)
def test_nothing_escapes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    raising(monkeypatch, error)
    assert run(["doctor"]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_verbose_shows_the_trace_and_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, InvalidInputError("1 problem", (Problem("/a", "odd", "", "error"),)))
    assert run(["-v", "doctor"]) == 9
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "  /a: odd" in shown


def test_a_reader_that_goes_away_is_no_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    raising(monkeypatch, BrokenPipeError())
    with (tmp_path / "out").open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert run(["doctor"]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize(
    ("streams", "words", "code"),
    [
        (">&- 2>&- <&-", "--version", 0),
        (">&-", "verify /dev/null --json", 3),
        ("2>&-", "verify /dev/null", 3),
        (">/dev/full", "verify /dev/null --json", 3),
        (">/dev/full", "--version", 5),
        ("2>/dev/full", "verify /dev/null", 3),
        ("2>/dev/full", "frob", 2),
    ],
)
def test_streams_that_are_closed_or_full_change_no_code(streams: str, words: str, code: int) -> None:
    command = f'exec "{sys.executable}" -m node {words} {streams}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, text=True)  # noqa: S603, S607
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_closed_streams_are_open_to_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    fill_closed_streams()
    streams = [sys.stdin, sys.stdout, sys.stderr]
    try:
        assert sys.stdin.read() == ""
        print("nobody", file=sys.stderr)  # noqa: T201 - whether it can be written to is the question
    finally:
        for stream in streams:
            stream.close()


def test_a_failure_after_the_answer_adds_no_second_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command("doctor")
    @common_options
    @click.pass_obj
    def doctor(settings: Settings) -> None:
        output.answer(settings, {"ready": True}, "")
        raise ValueError("odd")

    monkeypatch.setattr("node.cli.main.LazyGroup.get_command", lambda *_: doctor)
    assert run(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"ready": True}


def test_who_stops_a_command_still_gets_a_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert run(["--json", "doctor"]) == 130
    assert json.loads(capsys.readouterr().out)["error"]["code"] == 130


def test_no_color(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    colors: list[bool | None] = []

    @click.command("doctor")
    @click.pass_context
    def doctor(context: click.Context) -> None:
        colors.append(context.find_root().color)

    monkeypatch.setattr("node.cli.main.LazyGroup.get_command", lambda *_: doctor)
    monkeypatch.delenv("NO_COLOR", raising=False)
    run(["doctor"])
    monkeypatch.setenv("NO_COLOR", "1")
    run(["doctor"])
    assert colors == [None, False]
    assert capsys.readouterr().out == ""
    assert os.environ["NO_COLOR"] == "1"


def test_a_disk_that_takes_nothing_is_told_from_a_bug() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (a)")
    database.execute("PRAGMA query_only = ON")
    with pytest.raises(sqlite3.OperationalError) as caught:
        database.execute("INSERT INTO t VALUES (1)")
    for error in (OSError(errno.ENOSPC, "No space left on device"), caught.value):
        failure = explain(error)
        assert (failure.code, "Make room" in failure.hint) == (ExitCode.CONFIG, True)
    with pytest.raises(sqlite3.OperationalError) as caught:
        database.execute("SELECT b FROM t")
    assert explain(caught.value).code == ExitCode.UNEXPECTED
    database.close()


def test_a_database_that_somebody_writes_for_long_is_locked(tmp_path: Path) -> None:
    one, two = (sqlite3.connect(tmp_path / "db", timeout=0, isolation_level=None) for _ in range(2))
    one.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError) as caught:
        two.execute("BEGIN IMMEDIATE")
    assert explain(caught.value).code == ExitCode.LOCKED
    one.close()
    two.close()
