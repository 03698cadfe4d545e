"""OAI-PMH: entries as Dublin Core in pycsw, harvested page by page and read by Sickle.

    python -m benchmarks.peers.oai --entries 2000

Its best setting, as far as we know: 500 records a page instead of 10, and gzip, as a web server in
front would add it (its own answers with the wrong length); both with and without are measured. A
record is a projection: name, texts, topics, links and date, and nothing of the rest. The pages
are asked for here, because pycsw 2.6.2 answers a bare resumption token, as Sickle sends it, with
an error.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterable
from itertools import chain
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.generate import Entry, Keyed, entries, numbered
from benchmarks.measure import command, run_benchmark
from benchmarks.worlds import fast_directory, free_port

from .installing import python_with, running
from .source import EACH_LINE, Source, Transfer, show_transfers, transferred

# pycsw 2.6 was made for the SQLAlchemy of its time and does not say so.
_REQUIREMENTS = ("pycsw==2.6.2", "SQLAlchemy<1.4", "Sickle==0.7.0")
_PAGE = 500
_CONFIG = """\
[server]
home=.
url=http://127.0.0.1:{port}/
mimetype=application/xml; charset=UTF-8
encoding=UTF-8
language=en-US
maxrecords={page}
[manager]
transactions=false
allowed_ips=127.0.0.1
[metadata:main]
identification_title=Benchmark
identification_abstract=Benchmark
identification_keywords=benchmark
identification_keywords_type=theme
identification_fees=None
identification_accessconstraints=None
provider_name=Benchmark
provider_url=http://127.0.0.1/
contact_name=Benchmark
contact_position=Benchmark
contact_address=Benchmark
contact_city=Benchmark
contact_stateorprovince=Benchmark
contact_postalcode=0
contact_country=Benchmark
contact_phone=0
contact_fax=0
contact_email=benchmark@example.org
contact_url=http://127.0.0.1/
contact_hours=0
contact_instructions=None
contact_role=pointOfContact
[repository]
database=sqlite:///{database}
table=records
"""
_LOAD = """\
import sys
from pycsw.core import admin, config
directory, database = sys.argv[1:]
url = "sqlite:///" + database
admin.setup_db(url, "records", ".", create_sfsql_tables=False)
admin.load_records(config.StaticContext(), url, "records", directory)
"""
_SERVE = """\
import gzip, sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
from pycsw.wsgi import application
class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass
def packing(env, start_response):
    coding, found = env.pop("HTTP_ACCEPT_ENCODING", ""), []
    body = b"".join(application(env, lambda *args: found.extend(args)))
    status, headers = found[0], dict(found[1])
    if "gzip" in coding:
        body = gzip.compress(body, 6)
        headers |= {"Content-Encoding": "gzip", "Content-Length": str(len(body))}
    start_response(status, list(headers.items()))
    return [body]
make_server("127.0.0.1", int(sys.argv[1]), packing, handler_class=Quiet).serve_forever()
"""
_HARVEST = """\
import sys
import requests
from lxml import etree
from sickle.models import Record
oai, session = "{http://www.openarchives.org/OAI/2.0/}", requests.Session()
session.headers["Accept-Encoding"] = sys.argv[1]
def copy(port, _):
    token, records = None, 0
    while True:
        asked = {"mode": "oaipmh", "verb": "ListRecords", "metadataPrefix": "oai_dc"}
        if token:
            asked["resumptionToken"] = token
        tree = etree.fromstring(session.get(f"http://127.0.0.1:{port}/", params=asked, timeout=120).content)
        page = [Record(each) for each in tree.iter(oai + "record")]
        records += len(page)
        found = tree.find(".//" + oai + "resumptionToken")
        token = found.text if found is not None else None
        if not page or not token or token == "0":
            return records
"""
CODINGS: Final = ("identity", "gzip")
"""How its answers can come; the first is how they do unless somebody puts a web server in front."""


@contextlib.asynccontextmanager
async def served(told: Iterable[Keyed]) -> AsyncIterator[dict[str, Source]]:
    """Serve entries; yield the source for each coding of its answers.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name, fast_directory() as data:
        root = Path(name)
        python = await python_with(root, *_REQUIREMENTS)
        (data / "records").mkdir()
        count = 0
        for count, (key, entry) in enumerate(told, 1):  # noqa: B007 - used after the loop
            (data / "records" / f"{key}.xml").write_text(_dublin_core(key, entry), encoding="utf-8")
        database, config, port = data / "records.db", root / "pycsw.cfg", free_port()
        config.write_text(_CONFIG.format(port=port, page=_PAGE, database=database), encoding="utf-8")
        await command(python, "-c", _LOAD, data / "records", database, cwd=root)
        serve = (python, "-c", _SERVE, str(port))
        async with running(port, *serve, directory=root, PYCSW_CONFIG=str(config)):
            yield {
                coding: Source(port, count, root, (python, "-c", _HARVEST + EACH_LINE, coding))
                for coding in CODINGS
            }


async def harvest(told: Iterable[Keyed]) -> dict[str, Transfer]:
    """Return what harvesting entries costs, by coding of the answers.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    async with served(told) as sources:
        return {coding: await transferred(source) for coding, source in sources.items()}


def _dublin_core(key: str, entry: Entry) -> str:
    """Return an entry as a record of pycsw, as much of it as Dublin Core has words for."""
    texts = chain(entry["name"].items(), entry["summary"].items(), entry["description"].items())
    elements = ["title"] * len(entry["name"]) + ["abstract"] * 2 * len(entry["name"])
    values = [(element, text) for element, (_, text) in zip(elements, texts, strict=True)]
    values += [("subject", topic) for topic in entry["topics"]]
    values += [("language", tag) for tag in entry["languages"]]
    values += [("relation", link["url"]) for link in entry["links"]]
    values += [("rights", entry.get("license", ""))]
    inner = "".join(
        f"<{'dct' if element == 'abstract' else 'dc'}:{element}>{escape(text)}"
        f"</{'dct' if element == 'abstract' else 'dc'}:{element}>"
        for element, text in values
    )
    return (
        '<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/">'
        f"<dc:identifier>urn:x-entry:{key}</dc:identifier><dc:type>{entry['kind']}</dc:type>"
        f"<dct:modified>{entry['modified']}</dct:modified>{inner}</csw:Record>"
    )


async def _main(count: int) -> None:
    show_transfers("OAI-PMH", await harvest(numbered(entries(count))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=2_000)
    run_benchmark(_main(parser.parse_args().entries))
