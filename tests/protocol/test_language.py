import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.language import best_text, canonical_tag, is_tag


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("it", "it"),
        ("IT_it", "it-IT"),
        ("ita", "it"),
        ("GER", "de"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("sr-latn", "sr-Latn"),
        ("es-419", "es-419"),
        ("de-ch-1996", "de-CH-1996"),
        ("en-X-foo-us", "en-x-foo-us"),
        ("en-u-ca-gregory", "en-u-ca-gregory"),
        (" fr ", "fr"),
        ("und", "und"),
        ("italian", None),
        ("x", None),
        ("", None),
        ("it IT", None),
    ],
)
def test_tags_have_one_spelling(written: str, tag: str | None) -> None:
    assert canonical_tag(written) == tag


@given(st.text(max_size=20))
def test_a_canonical_tag_is_a_tag_and_stays_itself(text: str) -> None:
    tag = canonical_tag(text)
    assert tag is None or (is_tag(tag) and canonical_tag(tag) == tag)


def test_three_letters_are_no_tag_where_two_exist() -> None:
    assert not is_tag("ita")
    assert is_tag("fil")


@pytest.mark.parametrize(
    ("languages", "shown"),
    [
        (["fr"], ("bonjour", "fr")),
        (["fr-CA"], ("bonjour", "fr")),
        (["pt"], ("bom dia", "pt-BR")),
        (["nl", "fr"], ("bonjour", "fr")),
        (["nl"], ("Decidim", "und")),
        ([], ("Decidim", "und")),
    ],
)
def test_a_reader_gets_the_nearest_text(languages: list[str], shown: tuple[str, str]) -> None:
    texts = {"fr": "bonjour", "pt-BR": "bom dia", "und": "Decidim"}
    assert best_text(texts, languages) == shown


def test_without_any_match_english_then_the_first() -> None:
    assert best_text({"fr": "f", "en": "e"}, ["nl"]) == ("e", "en")
    assert best_text({"fr": "f", "de": "d"}, ["nl"]) == ("d", "de")
    assert best_text({}, ["nl"]) is None


@pytest.mark.parametrize(
    ("texts", "languages", "machine", "shown"),
    [
        ("de fr", ["nl"], "de", "fr"),
        ("de fr", ["nl"], "de fr", "de"),
        ("pt-BR pt-PT", ["pt"], "pt-BR", "pt-PT"),
        ("pt-BR fr", ["pt"], "pt-BR", "pt-BR"),
        ("fr en it", ["fr"], "fr", "fr"),
        ("en it", ["nl"], "en", "en"),
        ("und it", [], "und", "und"),
    ],
)
def test_people_come_before_machines_where_both_would_do(
    texts: str, languages: list[str], machine: str, shown: str
) -> None:
    # What the reader asked for stays what is shown, whoever made it.
    assert best_text({tag: tag for tag in texts.split()}, languages, machine.split()) == (shown, shown)
