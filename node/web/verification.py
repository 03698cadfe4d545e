"""A page on which a browser checks a proof by itself, without trusting this node.

::

    GET /fr/verify                        a file from the reader's own disk
    GET /fr/verify?entry=<address>        that of a statement, fetched from here

It runs ``static/verify.js``, which is shown in full to whoever looks: what it computes, it computes in the
browser, of the file, of the fingerprint that the reader was told, and of the keys that the reader names. The
template has all words, so that each step says in the reader's language what it proves and what it does not.
"""

from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from node.http.parameters import Query, read
from node.http.routes import Route

from .marks import N_
from .site import HTML, Site
from .statics import hashed

STEPS: Final = (
    (
        "file",
        N_("The file"),
        N_("It is a proof in the form that all nodes use."),
        N_("Who wrote it: anybody can write such a file."),
        (("index", N_("Number in its log, counted from 0")),),
    ),
    (
        "keys",
        N_("The keys of the publisher"),
        N_(
            "Each set of keys was agreed to with the keys before it, and the first one has the fingerprint"
            " that you typed."
        ),
        N_(
            "That the publisher is who it says. Compare the fingerprint with one that you were told"
            " elsewhere."
        ),
        (("origin", N_("Log")), ("fingerprint", N_("Fingerprint")), ("versions", N_("Sets of keys"))),
    ),
    (
        "note",
        N_("The signed state of the log"),
        N_("The publisher signed a state of the whole log, with the key that counts at its size."),
        N_("That it is the newest state, or that everybody was shown the same one."),
        (("size", N_("Lines of the log")), ("root", N_("Root")), ("seen", N_("Last sign of life"))),
    ),
    (
        "path",
        N_("The place in the log"),
        N_("What is in this file stands at its place in the signed state."),
        N_("That nothing follows it: a newer version or a withdrawal."),
        (("index", N_("Number in its log, counted from 0")), ("size", N_("Lines of the log"))),
    ),
    (
        "leaf",
        N_("What happened there"),
        N_("A statement was published or withdrawn at this place."),
        N_("What the statement says; that is the next step."),
        (("address", N_("Address in the federation")),),
    ),
    (
        "blob",
        N_("The content belongs to it"),
        N_("The content is, byte by byte, the one that was published."),
        N_("That the content is true."),
        (),
    ),
    (
        "content",
        N_("What it says"),
        N_("This is the content that the steps above are about."),
        N_("That it is still current, or that anybody else agrees with it."),
        (("statement", N_("Statement")),),
    ),
    (
        "cosigners",
        N_("Who else saw the same"),
        N_("Those whom you named signed the same state of the log. Nobody else in the file is counted."),
        N_("That they are independent of the publisher, and of each other."),
        (("named", N_("Named by you")), ("counted", N_("Signed it"))),
    ),
)
"""Step → heading, what it proves, what it does not, and the facts that it shows."""

REASONS: Final = {
    "form": N_(
        "It is not written in the one form that there is: it was damaged or changed, or is another file."
    ),
    "limit": N_(
        "The log has more than 2,147,483,647 entries, which this page cannot count. Use the program."
    ),
    "fingerprint": N_("These are the keys of somebody else than the fingerprint that you typed."),
    "chain": N_("Its parts are of different logs, or a set of keys does not follow the one before it."),
    "signature": N_("A signature does not fit what it should sign, or too few signed."),
    "path": N_("The hashes do not lead to the signed root: it does not stand at this place in the log."),
    "operation": N_("At this place in the log nothing is published or withdrawn."),
    "commitment": N_("The content is not the one that was published."),
    "browser": N_(
        "Your browser cannot check such signatures (Ed25519), or this page came without encryption."
    ),
    "unread": N_("There is no file to check: choose one, or try again when this node answers."),
}
"""Why something is refused → what it means."""


class Asked(Query, frozen=True):
    """Whose proof."""

    entry: Annotated[
        str, Meta(max_length=300, description="The address of a statement; a file of the reader's without.")
    ] = ""


class Verification:
    """Shows how a proof is checked."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def verify(self, request: web.Request) -> web.Response:
        """Show a page that checks a proof in the browser."""
        asked = read(request, Asked)
        values = {
            "entry_": asked.entry,
            "steps": STEPS,
            "reasons": REASONS,
            "checking": hashed("verify.js"),
        }
        return self._site.page(request, "verify", values, module="verifying.js")


PAGES: Final = (Route("/verify", Verification.verify, HTML, Asked),)
"""What is shown here, in each language."""
