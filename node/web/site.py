"""What all pages have in common: templates, texts, headers, and addresses of other pages.

Pages are made of templates that escape everything; a name that a template uses and nobody gives is an error,
not a blank. Nothing in them comes from elsewhere, and the headers say so to browsers: no style and no program
is written into a page, nothing is loaded from another site, and no other site may frame a page. A program
runs only where a page names one of this node's own files, and no page needs it.
"""

import gettext as gettext_
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any, Final
from urllib.parse import quote

import jinja2
from aiohttp import web
from jinja2.bccache import Bucket
from jinja2.ext import i18n
from yarl import URL

from node.home import Home
from node.http.card import base_path, base_url
from node.http.documents import answer

from .branding import brand_files
from .cosigning import others
from .locales import LOCALES, Locale, translations, wished
from .marks import Marks, is_web, tools
from .names import field_name
from .pieces import piece
from .prose import prose
from .statics import hashed
from .telling import told, told_why

HTML: Final = "text/html; charset=utf-8"

HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": HTML,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every page carries."""

SCRIPTED: Final[Mapping[str, str]] = {
    **HEADERS,
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'",
}
"""The same of a page with a program of ours."""

Translate = Callable[[str], gettext_.NullTranslations]


class Site:
    """Makes pages of a node.

    Args:
        home: The node.
        locales: The languages of its pages.
        translate: Returns the texts of a language by its tag.
    """

    def __init__(
        self,
        home: Home,
        locales: Mapping[str, Locale] = LOCALES,
        translate: Translate = translations,
    ) -> None:
        self.home = home
        self.locales = locales
        self._translate = translate
        self._base = base_path(home)
        self._brand = {use: f"{self._base}/static/{name}" for use, (name, _) in brand_files(home).items()}
        self._environments: dict[str, jinja2.Environment] = {}
        self._compiled = _Compiled()

    def reader(self, request: web.Request) -> Locale:
        """Return the language of a page: that of its path, else the one that the browser asks for."""
        first = request.path.removeprefix(self._base).split("/", 2)[1:2]
        named = self.locales.get(first[0]) if first else None
        return named or wished(request.headers.get("Accept-Language"))

    def languages(self, request: web.Request) -> tuple[str, ...]:
        """Return what a reader of a page reads, by preference."""
        return tuple(dict.fromkeys((self.reader(request).tag, "en")))

    def path(self, locale: Locale, path: str) -> str:
        """Return the address of a page in a language; ``path`` is below the language's own."""
        return f"{self._base}/{locale.tag}{quote(path, safe='/:,+=&?%#')}"

    def marks(self, locale: Locale) -> Marks:
        """Return what makes HTML, or texts, for readers of a language."""
        return Marks(locale.tag, self._translate(locale.tag).gettext)

    def page(
        self,
        request: web.Request,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        module: str = "",
    ) -> web.Response:
        """Return a page, or 304 when the browser holds it already.

        Args:
            request: Says which language, and what the browser holds.
            template: The name of a template, without its ending.
            values: What it shows.
            status: Of a page that says what was wrong.
            module: The program of ours that may run on it, a file of ``static``; empty for none.
        """
        locale = self.reader(request)
        script = f"{self._base}/static/{hashed(module)}" if module else ""
        html = self.render(locale, template, {"here": request.rel_url, **values, "script": script})
        if status != 200:  # noqa: PLR2004
            # What is not here now may be here in a moment.
            headers = {**HEADERS, "Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
            return web.Response(status=status, body=html.encode(), headers=headers)
        return answer(request, html.encode(), SCRIPTED if module else HEADERS)

    def render(self, locale: Locale, template: str, values: Mapping[str, Any]) -> str:
        """Return a template's HTML in a language."""
        environment = self._environments.get(locale.tag)
        if environment is None:
            environment = self._environments[locale.tag] = self._environment(locale)
        return environment.get_template(f"{template}.html").render({"script": "", **values})

    def _environment(self, locale: Locale) -> jinja2.Environment:
        texts = self._translate(locale.tag)
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader(__package__ or "node.web"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            extensions=[i18n],
            bytecode_cache=self._compiled,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
        marks = self.marks(locale)
        environment.globals |= {
            **tools(marks),
            "told": lambda text: told(marks, text),
            "told_why": lambda text: told_why(marks, text),
            "piece": lambda field, value, within="": piece(field, value, marks.languages, within=within),
            "prose": prose,
            "locale": locale,
            "locales": tuple(self.locales.values()),
            "node_name": self.home.config.brand.name or self.home.config.name,
            "brand": self._brand,
            "address": base_url(self.home),
            "base": self._base,
            "icon": f"{self._base}/static/{hashed('icon.svg')}",
            "stylesheet": f"{self._base}/static/{hashed('site.css')}",
            "desk_stylesheet": f"{self._base}/static/{hashed('desk.css')}",
            "takes_submissions": lambda: self.home.config.desk.submissions,
            "page": lambda path: self.path(locale, path),
            "in_language": lambda other, here: self._in_language(locale, other, here),
            "project": lambda address: self.path(locale, f"/p/{address}"),
            "entry": lambda address: self.path(locale, f"/e/{address}"),
            "organisation": lambda origin: self.path(locale, f"/o/{origin}"),
            "topic": lambda value: self.path(locale, f"/topics/{value}"),
            "api": lambda path: f"{self._base}{quote(path, safe='/:,+=&?%#')}",
            "field_name": field_name,
            "is_web": is_web,
            "others": others,
        }
        return environment

    def _in_language(self, locale: Locale, other: Locale, here: URL) -> str:
        """Return the address of the same page in another language."""
        inside = str(here).removeprefix(f"{self._base}/{locale.tag}")
        if inside == str(here):
            # A page that is in no language, such as one that says what was wrong.
            inside = "/"
        return f"{self._base}/{other.tag}{inside}"


class _Compiled(jinja2.BytecodeCache):
    """Templates as they were compiled for one language: all others look their own texts up in the same."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a bucket what was compiled before."""
        bucket.code = self._codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes[bucket.key] = bucket.code


def without(url: URL, name: str, value: str) -> str:
    """Return an address without one of the values of a parameter, and from the first page."""
    kept = [
        (key, each) for key, each in url.query.items() if key != "cursor" and (key, each) != (name, value)
    ]
    return str(url.with_query(kept))
