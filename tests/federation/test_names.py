"""Names that are alike, and names that only look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.names import MOST, bears, edition_key_of, key_of, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Health Roll Call", "Health-Roll-Call"),
        ("{gouvkit}", "gouvkit"),
        ("Energy Grid™", "Energy Grid"),
        ("Grid Planner [SWR 15-21]", "Grid Planner"),
        ("Grid Planner v. 3.0", "Grid Planner 2.1"),
        ("Grid Planner, Version 4", "Grid Planner"),
        ("Grid Planner v2.0.2 beta", "GridPlanner"),
        ("Grid Planning Engine (GPE) V1.0", "Grid Planning Engine"),
        ("Démarches Simplifiées", "Demarches simplifiees"),
        ("The Tree Register", "Tree Register"),
        ("臺北城市儀表板", "臺北城市儀表板"),
        ("Grid Planner, Version V2.0", "Grid Planner"),
        ("Grid   Planner --", "Grid Planner"),
        ("Grid\u200b Pla\u00adnner \u2601\ufe0f", "Grid Planner"),
        ("Ψηφιακός Χάρτης", "ψηφιακος χαρτης"),
        ("مَكتبة", "مكتبة"),
        ("ガイド", "\uff76\uff9e\uff72\uff84\uff9e"),
    ],
)
def test_alike_names_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Personendienst (BAG) API", "Personendienst (BRP) API"),
        ("Grid Planner (iOS)", "Grid Planner (Android)"),
        ("Grid Database", "Grid"),
        ("Grid API", "Grid"),
        ("Grid Plugin", "Grid"),
        ("Grid Website", "Grid"),
        ("Grid Solver Library", "Grid Solver App"),
        ("Solver Package", "Mesh Package"),
        ("Layer 2", "Layer 3"),
        ("eNEPA", "NEPA"),
        ("\u0422ool", "Tool"),
        ("Grid Planner", "Grid Plan\u043fer"),
        ("किताब", "कुतुब"),
        ("バス", "ハス"),
        ("ปิด", "ปืด"),
    ],
)
def test_unlike_names_have_two(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


def test_editions_are_kept_where_they_may_be_all_that_differs() -> None:
    assert edition_key_of("Emission Model (2022 .Net)") != edition_key_of("Emission Model (2015 .Net)")
    assert edition_key_of("Emission Model 1.0") != edition_key_of("Emission Model 2.0")
    assert edition_key_of("Emission Model") == edition_key_of("emission-model")


@pytest.mark.parametrize(
    "name", ["", "-", "N/A", "Test", "Test App", "untitled", "TBD", "x", "My Project", "publiccode.yml"]
)
def test_names_of_nobody_have_no_key(name: str) -> None:
    assert key_of(name) == ""


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("React Kit", "react-kit"),
        ("@acme/react-kit", "react-kit"),
        ("ACME/react-kit Version 9", "react-kit"),
        ("acme React Kit", "react-kit"),
        ("ReactKit", "react_kit"),
        ("React Kit Resources", "react_kit"),
        ("React Kit", "react-kit-docs"),
        ("Water Network Tool for Resilience v. 1.0", "wntr"),
        ("Python-ARM Radar Toolkit", "pyart"),
        ("Simulator for Wind Farm Applications (SOWFA) [SWR-14-12]", "sowfa"),
        ("SOWFA - a simulator for large wind farms", "sowfa"),
        ("Démarches simplifiées", "demarches-simplifiees.fr"),
        ("publiccode.yml", "publiccode.yml"),
        ("Wind Source Code", "wind-src"),
        ("LARCH Linear Algebra on Regular Cartesian Hulls", "larch"),
        ("Multi Grid Network Source Code", "mgnet"),
        ("Grid Code Generator", "grid-codegen"),
        ("Tool Kit for the Analysis of Rivers", "tkar"),
        ("Tool Kit for the Analysis of Rivers", "tkfar"),
    ],
)
def test_a_name_bears_the_repositorys(name: str, repository: str) -> None:
    assert bears(name, repository, "acme")


@pytest.mark.parametrize(
    ("name", "owner"), [("4C Hub", "4c"), ("4c-hub", "4C"), ("OpenCity/hub", "opencity")]
)
def test_the_accounts_name_may_stand_before_it(name: str, owner: str) -> None:
    assert bears(name, "hub", owner)
    assert not bears(name, "hub", "acme")


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("Solver Package", "umbrella"),
        ("Umbrella Solver Package", "umbrella"),
        ("Umbrella - Audit", "umbrella"),
        ("Umbrella Desktop", "umbrella"),
        ("A reader class for the Visual Grid Kit (VGK)", "vgk"),
        ("Acme", "acme-gui"),
        ("GRID GUI", "grid"),
        ("", "grid"),
        ("Grid", ""),
        ("Map", "ma"),
        ("Grid Map Data", "gridmap"),
        ("Grid Website", "grid"),
        ("Grid Docs", "grid"),
        ("Open Grid API", "opengrid"),
        ("Open Grid Prototype", "open-grid"),
        ("Grid Analysis", "g" * 50 + "a"),
    ],
)
def test_a_name_that_only_holds_it_does_not(name: str, repository: str) -> None:
    assert not bears(name, repository, "acme")


@given(st.text(max_size=400), st.text(max_size=40), st.text(max_size=20))
def test_any_text_has_keys(name: str, repository: str, owner: str) -> None:
    assert isinstance(bears(name, repository, owner), bool)
    for key in (key_of(name), edition_key_of(name)):
        assert len(key) <= 4 * MOST + 100
    assert key_of(name) == key_of(name + "x" * 9) or len(name) < MOST
    assert key_of(name) == key_of(name.upper()) or not name.isascii() or words(name) != words(name.upper())
