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
import json
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.counting_proxy import CountingProxy
from benchmarks.generate import Entry, entries
from benchmarks.measure import Took, command, run_benchmark, show
from benchmarks.worlds import free_port

from .installing import Transfer, python_with, running

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
import json, sys, time
import requests
from lxml import etree
from sickle.models import Record
url, coding = sys.argv[1:]
oai = "{http://www.openarchives.org/OAI/2.0/}"
session, token, records = requests.Session(), None, 0
session.headers["Accept-Encoding"] = coding
start, before = time.perf_counter(), time.process_time()
while True:
    asked = {"mode": "oaipmh", "verb": "ListRecords", "metadataPrefix": "oai_dc"}
    if token:
        asked["resumptionToken"] = token
    tree = etree.fromstring(session.get(url, params=asked, timeout=120).content)
    page = [Record(each) for each in tree.iter(oai + "record")]
    records += len(page)
    found = tree.find(".//" + oai + "resumptionToken")
    token = found.text if found is not None else None
    if not page or not token or token == "0":
        break
print(json.dumps({"records": records, "wall": time.perf_counter() - start,
                  "cpu": time.process_time() - before}))
"""
CODINGS: Final = ("identity", "gzip")
"""How its answers can come; the first is how they do unless somebody puts a web server in front."""


async def harvest(told: Sequence[Entry]) -> dict[str, Transfer]:
    """Return what harvesting entries costs, by coding of the answers.

    Raises:
        NotInstalledError: It cannot be had here.
    """
    with tempfile.TemporaryDirectory(prefix="fedcat-bench-") as name:
        root = Path(name)
        python = await python_with(root, *_REQUIREMENTS)
        (root / "records").mkdir()
        for number, entry in enumerate(told):
            (root / "records" / f"{number:08}.xml").write_text(_dublin_core(number, entry), encoding="utf-8")
        database, config, port = root / "records.db", root / "pycsw.cfg", free_port()
        config.write_text(_CONFIG.format(port=port, page=_PAGE, database=database), encoding="utf-8")
        await command(python, "-c", _LOAD, root / "records", database, cwd=root)
        costs = {}
        serve = (python, "-c", _SERVE, str(port))
        async with running(port, *serve, directory=root, PYCSW_CONFIG=str(config)):
            for coding in CODINGS:
                async with CountingProxy(port) as proxy:
                    url = f"http://127.0.0.1:{proxy.port}/"
                    answer = json.loads(await command(python, "-c", _HARVEST, url, coding, cwd=root))
                    if answer["records"] != len(told):
                        raise SystemExit(f"OAI-PMH gave {answer['records']} of {len(told)} records")
                    took = Took(answer["wall"], answer["cpu"])
                    costs[coding] = Transfer(len(told), proxy.up, proxy.down, took)
        return costs


def _dublin_core(number: int, entry: Entry) -> str:
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
        f"<dc:identifier>urn:x-entry:{number:032x}</dc:identifier><dc:type>{entry['kind']}</dc:type>"
        f"<dct:modified>{entry['modified']}</dct:modified>{inner}</csw:Record>"
    )


async def _main(count: int) -> None:
    costs = await harvest(list(entries(count)))
    rows = [
        (
            coding,
            f"{cost.took.wall:.2f}",
            f"{cost.took.cpu:.2f}",
            f"{cost.up:,}",
            f"{cost.down:,}",
            f"{cost.each:.0f}",
        )
        for coding, cost in costs.items()
    ]
    show((f"OAI-PMH, {count} entries", "wall s", "CPU s", "up", "down", "B/entry"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=2_000)
    run_benchmark(_main(parser.parse_args().entries))
