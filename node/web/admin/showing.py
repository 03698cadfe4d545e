"""What a list of drafts shows of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.answers.texts import card_of, moment
from node.desk.kept import Manuscript, current
from node.desk.own import called
from node.errors import NotFoundError
from node.home import Home
from protocol.leaf import Op


@dataclass(frozen=True, slots=True)
class Row:
    """A draft in a list.

    Attributes:
        draft: The draft.
        name: Of what it says, changes or is about; empty where it has none yet.
        language: Of the name.
        type: Of the statement; empty where nothing of it is left.
    """

    draft: Manuscript
    name: str
    language: str
    type: str

    @property
    def changed(self) -> str:
        """When it was changed, or decided about, last; RFC 3339."""
        return moment(self.draft.changed_at) or ""

    @property
    def what(self) -> str:
        """What it does: ``new``, ``edit``, ``withdraw`` or ``erase``."""
        if self.draft.op is not Op.PUT:
            return "withdraw" if self.draft.op is Op.WITHDRAW else "erase"
        # Once it is published a new one has an id, too; but it followed no version.
        return "new" if self.draft.expected is None else "edit"


def rows(home: Home, drafts: Iterable[Manuscript], languages: Sequence[str]) -> tuple[Row, ...]:
    """Return what a list shows of drafts, in their order."""
    return tuple(row(home, each, languages) for each in drafts)


def row(home: Home, draft: Manuscript, languages: Sequence[str]) -> Row:
    """Return what a list shows of a draft."""
    said = draft.payload
    if draft.op is not Op.PUT or not said:
        try:
            said = current(home, draft.origin, draft.id or b"")[1]
        except NotFoundError:
            said = {}
    card = card_of({"type": "entry", **said} if draft.op is Op.PUT else dict(said))
    ((name, language),) = called(home, (said,), languages)
    return Row(draft, name, language, card.type)
