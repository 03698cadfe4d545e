"""The look of a node: colours that can be read, a logo of its own, and nothing else."""

import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from node.answers.catalogue import CatalogueProjection
from node.app import make_app
from node.brand import LEAST, LOGO_BYTES, PAPERS, BrandConfig, brand_faults, contrast, readable, weakest
from node.configfile import load
from node.errors import ConfigError
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.web import statics
from node.web.branding import COMES_WITH
from tests.markup import Page
from tests.publisher import ADDRESS, MIRROR_KEY

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><script>alert(1)</script></svg>'
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def config_of(home: Path, brand: str) -> None:
    text = f'address = "{ADDRESS}"\nname = "City"\nallow_private = true\n[brand]\n{brand}\n'
    (home / "config.toml").write_text(text, encoding="utf-8")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#123456", "#123456") == 1


def test_the_colours_that_come_with_the_pages_are_those_of_the_style_sheet() -> None:
    (body,) = (body for name, body in statics.files().items() if name.startswith("site."))
    tokens = dict(re.findall(r"--([a-z-]+): ?light-dark\((#\w+, ?#\w+)\)", body.decode()))
    light, dark = COMES_WITH["light"], COMES_WITH["dark"]
    assert tokens["accent"] == f"{light[0]},{dark[0]}"
    assert tokens["accent-soft"] == f"{light[1]},{dark[1]}"
    for place, name in enumerate(("paper", "sheet")):
        shown = f"{PAPERS['light'][place]},{PAPERS['dark'][place]}".replace("#ffffff", "#fff")
        assert tokens[name] == shown


@given(COLOURS)
def test_an_unreadable_colour_has_a_readable_one_near_it(colour: str) -> None:
    for scheme in PAPERS:
        near = readable(colour, scheme)
        assert weakest(near, scheme) >= LEAST
        assert (near == colour) == (weakest(colour, scheme) >= LEAST)


@pytest.mark.parametrize(
    ("brand", "key", "why"),
    [
        ('accent = "blue"', "brand.accent", "no colour"),
        ('accent = "#ffdd00"', "brand.accent", "contrast of 1.*:1 on light pages"),
        ('accent_dark = "#1b5c8f"', "brand.accent_dark", "on dark pages"),
        ('logo = "https://elsewhere.example/logo.svg"', "brand.logo", "local"),
        ('logo = "logo.gif"', "brand.logo", "local"),
        ('logo = "../logo.svg"', "brand.logo", "outside the home"),
        ('logo = "none.svg"', "brand.logo", "cannot be read"),
        ('logo = "huge.png"', "brand.logo", "larger than"),
        ('logo = "fake.png"', "brand.logo", "no PNG file"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, brand: str, key: str, why: str) -> None:
    (tmp_path / "huge.png").write_bytes(bytes(LOGO_BYTES + 1))
    (tmp_path / "fake.png").write_text(SVG, encoding="utf-8")
    config_of(tmp_path, brand)
    with pytest.raises(ConfigError, match=why) as caught:
        load(tmp_path / "config.toml", {})
    assert key in str(caught.value)


def test_the_hint_of_a_refused_colour_would_do(tmp_path: Path) -> None:
    (fault,) = brand_faults(BrandConfig(accent="#ffdd00"), tmp_path)
    (better,) = re.findall("#[0-9a-f]{6}", fault[2])
    assert not list(brand_faults(BrandConfig(accent=better), tmp_path))


async def test_the_pages_of_a_node_look_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG, encoding="utf-8")
    config_of(tmp_path, 'name = "Open <City>"\naccent = "#7a1f5c"\nlogo = "logo.svg"')
    home = Home(tmp_path, load(tmp_path / "config.toml", {}), projection=CatalogueProjection())
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    async with TestClient(TestServer(make_app(home))) as client:
        page = Page(await (await client.get("/en/accessibility")).text())
        assert page.text_of("title")[0].endswith("Open <City>")
        (image,) = page.all("img")
        assert image["alt"] == ""
        logo = await client.get(image["src"])
        assert (logo.content_type, await logo.text()) == ("image/svg+xml", SVG)
        # Opened by itself it is a document of this node, and may run nothing.
        assert "sandbox" in logo.headers["Content-Security-Policy"]
        _, colours = (each["href"] for each in page.all("link") if each["rel"] == "stylesheet")
        style = await (await client.get(colours)).text()
        assert f"--accent:light-dark(#7a1f5c,{COMES_WITH['dark'][0]})" in style
        (tmp_path / "logo.svg").unlink()
    async with TestClient(TestServer(make_app(home))) as client:
        assert not Page(await (await client.get("/en/accessibility")).text()).all("img")
    home.close()
