"""The configuration: defaults, the environment, and errors that name file, key and way out."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from federation.limits import Limits
from federation.quotas import QuotaRule
from federation.standing import Rule, Rules
from node.config import Config, check
from node.configfile import load, render
from node.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "configs" / "node.example.toml"
RULE = '[[standing]]\npublisher = "a.example/log/x/1"\nidentifiers = ["github.com/acme/*"]\n'
MINIMAL = 'address = "https://directory.example"\nname = "City"\n'


QUOTA = '[[quota]]\npublisher = "acme.example/log/acme/1"\n'


def loaded(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environment or {})


def test_what_is_said_of_others(tmp_path: Path) -> None:
    address = f"oslo.example/log/oslo/1/e/{'0' * 32}"
    words = f'[trust]\nblocked = ["spam.example", "{"ab" * 32}"]\nsubscribed = ["{address}"]\n'
    config = loaded(tmp_path, MINIMAL + words + "[trust.allow]\nvouchers = 2\n" + QUOTA + "entries = 5\n")
    assert config.trust.blocked == ("spam.example", "ab" * 32)
    assert (config.trust.allow.vouchers, config.trust.allow.at_most, config.trust.allow.chains) == (
        2,
        200,
        False,
    )
    assert config.quota == (QuotaRule("acme.example/log/acme/1", entries=5),)
    assert loaded(tmp_path, MINIMAL, {"FEDCAT_TRUST_ALLOW_VOUCHERS": "3"}).trust.allow.vouchers == 3


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL)
    assert config == Config(address="https://directory.example", name="City")
    assert config.sync.interval_seconds == 30
    assert config.limits == Limits()


def test_every_key_can_be_said(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        'address = "http://127.0.0.1:9"\nname = "Zürich"\nallow_private = true\nlisten = "0.0.0.0:80"\n'
        'lock_dir = "/locks"\n[sync]\ninterval_seconds = 5\n[heartbeat]\ninterval_seconds = 60\n'
        "[limits]\nparallel = 2\nrate_seconds = 1.5\n",
    )
    assert (config.allow_private, config.lock_dir, config.limits.parallel) == (True, "/locks", 2)
    assert (config.sync.interval_seconds, config.heartbeat.interval_seconds) == (5, 60)
    assert config.limits.rate_seconds == 1.5


def test_rules_about_publishers(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        MINIMAL + f'[trust]\nprecedence = ["a.example/log/x/1", "{"3f" * 32}"]\n'
        '[[standing]]\npublisher = "a.example/log/x/1"\nidentifiers = ["github.com/acme/*", "doi:10.1/*"]\n'
        f'[[standing]]\npublisher = "{"3f" * 32}"\nidentifiers = ["dpg:*"]\n',
    )
    assert config.rules == Rules(
        (Rule("a.example/log/x/1", ("github.com/acme/*", "doi:10.1/*")), Rule("3f" * 32, ("dpg:*",))),
        ("a.example/log/x/1", "3f" * 32),
    )
    again = loaded(tmp_path, MINIMAL, {"FEDCAT_TRUST_PRECEDENCE": " b.example/log/x/1, ,c.example/log/x/1 "})
    assert again.rules == Rules((), ("b.example/log/x/1", "c.example/log/x/1"))
    assert loaded(tmp_path, MINIMAL, {"FEDCAT_STANDING": "x"}).rules == Rules()


def test_the_environment_overrides(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        MINIMAL,
        {
            "FEDCAT_NAME": "Town",
            "FEDCAT_ALLOW_PRIVATE": "true",
            "FEDCAT_SYNC_INTERVAL_SECONDS": "7",
            "FEDCAT_LIMITS_RATE_SECONDS": "2.5",
            "FEDCAT_HOME": "somewhere",
        },
    )
    assert (config.name, config.allow_private, config.sync.interval_seconds) == ("Town", True, 7)
    assert config.limits.rate_seconds == 2.5


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("address = 1\n" + MINIMAL.splitlines()[1], "address", "type str"),
        ('address = "https://a.example"\n', "name", "no default"),
        (MINIMAL + "adress = 1\n", "adress", "did you mean address?"),
        (MINIMAL + "zzz = 1\n", "zzz", "known keys"),
        (MINIMAL + "[sync]\nintervall_seconds = 1\n", "sync.intervall_seconds", "sync.interval_seconds"),
        (MINIMAL + "sync = 5\n", "sync", "[sync]"),
        (MINIMAL + "[sync]\ninterval_seconds = 0\n", "sync.interval_seconds", "1 second"),
        (MINIMAL + '[sync]\ninterval_seconds = "30"\n', "sync.interval_seconds", "type int"),
        (MINIMAL + "[heartbeat]\ninterval_seconds = -1\n", "heartbeat.interval_seconds", "1 second"),
        (MINIMAL + "[limits]\nparallel = -1\n", "limits.parallel", "default is 8"),
        (MINIMAL + "[trust]\nprecedence = [1]\n", "trust.precedence", "list of texts"),
        (MINIMAL + '[trust]\nprecedence = "x"\n', "trust.precedence", "list of texts"),
        (MINIMAL + '[trust]\nprecedence = ["oslo"]\n', "trust.precedence[0]", "log list"),
        (MINIMAL + '[trust]\nblocked = ["spam.example", "a b"]\n', "trust.blocked[1]", "spam.example"),
        (MINIMAL + '[trust]\nallowed = ["https://a.example"]\n', "trust.allowed[0]", "spam.example"),
        (MINIMAL + '[trust]\nsubscribed = ["oslo.example/log/oslo/1"]\n', "trust.subscribed[0]", "/e/"),
        (MINIMAL + "[trust.allow]\nvouchers = -1\n", "trust.allow.vouchers", "nobody"),
        (MINIMAL + "[trust]\nallow = 2\n", "trust.allow", "[trust.allow]"),
        (MINIMAL + "[[quota]]\nentries = 1\n", "quota[0].publisher", "no default"),
        (MINIMAL + '[[quota]]\npublisher = "acme"\n', "quota[0].publisher", "log list"),
        (MINIMAL + QUOTA + "kept_bytes = -1\n", "quota[0].kept_bytes", "takes nothing"),
        (MINIMAL + QUOTA + 'kept_bytes = "all"\n', "quota[0].kept_bytes", "type int"),
        (MINIMAL + "[desk]\nsubmission_days = 0\n", "desk.submission_days", "1 day"),
        (MINIMAL + '[desk]\nproxy = "10.0.3.1/24"\n', "desk.proxy", "127.0.0.1"),
        (MINIMAL + '[desk]\nheader = "Remote-User"\n', "desk.header", "set desk.proxy"),
        (MINIMAL + '[desk]\nproxy = "::1"\nheader = "a b"\n', "desk.header", "Remote-User"),
        (MINIMAL + "standing = 5\n", "standing", "[[standing]]"),
        (MINIMAL + "standing = [5]\n", "standing[0]", "[standing[0]]"),
        (MINIMAL + "[[standing]]\nidentifiers = []\n", "standing[0].publisher", "no default"),
        (MINIMAL + RULE.replace("identifiers", "identifier"), "standing[0].identifier", "standing[0].ident"),
        (MINIMAL + RULE.replace("x/1", "x"), "standing[0].publisher", "log list"),
        (MINIMAL + RULE + RULE.replace("acme/*", "*/acme"), "standing[1].identifiers", "github.com/acme/*"),
        (MINIMAL + 'listen = "8401"\n', "listen", "127.0.0.1:8401"),
        (MINIMAL + 'listen = "a:b"\n', "listen", "127.0.0.1:8401"),
        ('address = "https://a.example"\nname = " "\n', "name", "such as"),
    ],
)
def test_an_error_names_the_key_and_what_to_do(tmp_path: Path, text: str, key: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert caught.value.key == key
    assert hint in caught.value.hint
    assert str(caught.value).startswith(f"{tmp_path / 'config.toml'}: {key}: ")


@pytest.mark.parametrize(
    "address",
    [
        "directory.example",
        "ftp://directory.example",
        "https://",
        "https://directory.example/",
        "https://directory.example?x",
        "https://directory.example#",
        "https://user@directory.example",
        "https://directory.example:99999",
        "http://directory.example",
    ],
)
def test_an_address_that_cannot_work_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="address"):
        check(Config(address=address, name="City"), "config.toml")


def test_unreadable_files_are_errors_too(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigError, match="no such file"):
        load(path, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, {})
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(path, {})
    with pytest.raises(ConfigError, match="is not TOML"):
        loaded(tmp_path, "address =")


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, MINIMAL, {"FEDCAT_SYNC_INTERVAL_SECONDS": "soon"})
    assert caught.value.file == "FEDCAT_SYNC_INTERVAL_SECONDS"


def test_what_init_writes_reads_back(tmp_path: Path) -> None:
    config = Config(address="http://127.0.0.1:8401", name='The "City" \\ Ü', allow_private=True)
    assert loaded(tmp_path, render(config)) == config


@pytest.mark.parametrize(
    ("config", "host", "port", "mirror"),
    [
        (Config("https://a.example", "A"), "127.0.0.1", 8401, "a.example/mirror"),
        (Config("http://127.0.0.1:8402/x", "A", True), "127.0.0.1", 8402, "127.0.0.1:8402/mirror"),
        (Config("http://localhost", "A", True), "localhost", 80, "localhost/mirror"),
        (Config("https://a.example", "A", listen="0.0.0.0:80"), "0.0.0.0", 80, "a.example/mirror"),  # noqa: S104
        (Config("https://a.example", "A", listen="[::1]:80"), "::1", 80, "a.example/mirror"),
    ],
)
def test_where_it_listens_and_what_it_is_called(config: Config, host: str, port: int, mirror: str) -> None:
    check(config, "config.toml")
    assert (*config.listen_at, config.mirror_name) == (host, port, mirror)


def test_the_example_shows_every_key_with_its_default(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    config = loaded(tmp_path, text)
    assert config == Config(address="https://directory.example", name="City of Example")
    values = tomllib.loads(text)
    assert set(values) == {each.name for each in dataclasses.fields(Config)}
    assert set(values["limits"]) == {each.name for each in dataclasses.fields(Limits)}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            assert lines[number - 1].startswith("#"), f"{line} has no comment"
