"""What an operator says about others: proxy, witnesses, witnessed logs, peers to hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.config import Config
from node.configfile import load
from node.contacts import HintPeer, WitnessAt, WitnessedLog
from node.errors import ConfigError
from protocol.keys import KeyType
from tests.signers import ORIGIN, signing_key

MINIMAL = 'address = "https://directory.example"\nname = "City"\n'
LOG_KEY = str(signing_key("sums.example").vkey)
WITNESS_KEY = str(signing_key("archive.example/witness", KeyType.COSIGNATURE_ED25519).vkey)
SECRET = "made by chance, 24 letters"


def loaded(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(MINIMAL + text, encoding="utf-8")
    return load(path, environment or {})


def test_all_of_it_can_be_said(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        'policy_document = "policy.md"\n'
        '[network]\nproxy = "http://user:word@proxy.example:3128/"\n'
        f'[witness]\nlogs = [{{ origin = "{ORIGIN}" }}, {{ origin = "sums of all", vkey = "{LOG_KEY}" }}]\n'
        f'[[witnesses]]\nurl = "https://archive.example/witness"\nvkey = "{WITNESS_KEY}"\n'
        f'[[hints]]\nurl = "http://127.0.0.1:8402"\nsecret = "{SECRET}"\n',
    )
    assert config.witness.logs == (WitnessedLog(ORIGIN), WitnessedLog("sums of all", LOG_KEY))
    assert config.witness.names(ORIGIN)
    assert not config.witness.names("another")
    assert config.witness.keys(ORIGIN) == ()
    assert [str(key) for key in config.witness.keys("sums of all")] == [LOG_KEY]
    assert config.witness_name == "directory.example/witness"
    assert config.witnesses == (WitnessAt("https://archive.example/witness", WITNESS_KEY),)
    assert config.hints == (HintPeer("http://127.0.0.1:8402", SECRET),)
    assert config.policy_document == "policy.md"
    said = loaded(tmp_path, "", {"FEDCAT_NETWORK_PROXY": "http://other.example:3128"})
    assert said.network.proxy == "http://other.example:3128"


def hint(url: str, secret: str = SECRET) -> str:
    return f'[[hints]]\nurl = "{url}"\nsecret = "{secret}"\n'


def witness(url: str, vkey: str = WITNESS_KEY) -> str:
    return f'[[witnesses]]\nurl = "{url}"\nvkey = "{vkey}"\n'


def log(origin: str, vkey: str = "") -> str:
    return f'[[witness.logs]]\norigin = "{origin}"\nvkey = "{vkey}"\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *(
            (f'[network]\nproxy = "{url}"\n', "network.proxy")
            for url in (
                "proxy.example:3128",
                "https://proxy.example:3128",
                "http://proxy.example",
                "http://:3128",
                "http://proxy.example:x",
                "http://proxy.example:3128/path",
                "http://proxy.example:3128?q",
            )
        ),
        (log("no origin"), "witness.logs[0]"),
        (log("", LOG_KEY), "witness.logs[0]"),
        (log("sums", WITNESS_KEY), "witness.logs[0]"),
        (log("sums", "nonsense"), "witness.logs[0]"),
        (witness("archive.example"), "witnesses[0]"),
        (witness("https://archive.example/"), "witnesses[0]"),
        (witness("https://[archive.example"), "witnesses[0]"),
        (witness("https://archive.example?x"), "witnesses[0]"),
        (witness("https://user@archive.example"), "witnesses[0]"),
        (witness("https://archive.example", LOG_KEY), "witnesses[0]"),
        (witness("https://archive.example", "nonsense"), "witnesses[0]"),
        (hint("ftp://oslo.example"), "hints[0].url"),
        (hint("https://oslo.example", "too short"), "hints[0].secret"),
    ],
)
def test_what_could_not_work_is_said_at_once(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert caught.value.key == key
    assert caught.value.hint
