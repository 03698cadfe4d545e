"""Opening a home, and where its parts are."""

from pathlib import Path

import pytest

from node.errors import (
    AmbiguousError,
    ConfigError,
    DamagedError,
    EditConflictError,
    InvalidInputError,
    KeyFileError,
    LockedError,
    NotClearedError,
    NotFoundError,
)
from node.home import Home
from node.own.clearance import grant
from node.store.projection import NoProjection
from protocol.problem import Problem
from tests.node_world import NOW, NodeWorld


def test_a_home_knows_its_parts(world: NodeWorld, tmp_path: Path) -> None:
    home = world.found()
    assert home.now() == NOW
    assert home.keys_dir == tmp_path / "city" / "keys"
    assert home.index_dir == tmp_path / "city" / "index"
    assert [row.own for row in home.logs.all()] == [True]


def test_the_lock_directory_is_outside(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    home = world.found()
    assert home.lock_dir == world.root / "heads"
    monkeypatch.setenv("FEDCAT_LOCK_DIR", "~/locks")
    assert home.lock_dir == Path("~/locks").expanduser()
    monkeypatch.delenv("FEDCAT_LOCK_DIR")
    home = world.open()
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert home.lock_dir == Path("/state/fedcat/heads")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert home.lock_dir == Path("~/.local/state/fedcat/heads").expanduser()
    with (home.path / "config.toml").open("a") as config:
        config.write('lock_dir = "/elsewhere"\n')
    assert world.open().lock_dir == Path("/elsewhere")


def test_no_home_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Home.open(tmp_path, projection=NoProjection())
    assert "init" in caught.value.hint


def test_closing_gives_the_clearance_back(world: NodeWorld) -> None:
    home = world.found()
    grant(home, world.origin())
    (lock,) = home.clearances.values()
    home.close()
    assert not lock.is_held
    assert home.clearances == {}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConfigError("f", "", "is odd"), "f: is odd"),
        (KeyFileError(Path("k"), "is odd"), "k: is odd"),
        (NotFoundError("log x"), "not found here: log x"),
        (AmbiguousError("a", ("ab", "ac")), "'a' fits 2 things: ab, ac"),
        (EditConflictError(b"\x01", 1, None), "statement 01 stands at None, the edit expected 1"),
        (NotClearedError("o", "no"), "not signing for o: no"),
        (LockedError("it"), "it is in use by another writer"),
        (DamagedError("it", "odd"), "it: odd"),
        (InvalidInputError("bad"), "bad"),
        (InvalidInputError("bad", (Problem("/a", "odd", "do", "error"),)), "bad\n  /a: odd"),
    ],
)
def test_errors_are_sentences(error: Exception, sentence: str) -> None:
    assert str(error) == sentence


def test_a_lock_directory_that_would_not_protect_is_refused(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = world.found()
    monkeypatch.setenv("FEDCAT_LOCK_DIR", "heads")
    with pytest.raises(ConfigError, match="lock_dir: heads is not absolute"):
        _ = home.lock_dir
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(home.path / "heads"))
    assert home.lock_dir == home.path / "heads"  # the operator insists
    monkeypatch.delenv("FEDCAT_LOCK_DIR")
    home = world.restart(home)
    # A service user whose home directory is the node's: restored together, the lock would say nothing.
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home.path))
    with pytest.raises(ConfigError, match="within the node's home"):
        _ = home.lock_dir


def test_a_user_without_a_home_directory_is_told_what_to_set(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = world.found()

    def nobody(_number: int) -> None:
        raise KeyError

    for name in ("FEDCAT_LOCK_DIR", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    home = world.restart(home)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(ConfigError, match="no home directory") as caught:
        _ = home.lock_dir
    assert "FEDCAT_LOCK_DIR" in caught.value.hint
