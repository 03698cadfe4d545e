"""What feeds are called, for their readers."""

from .readers import Reader


def catalogue_title(words: str, reader: Reader) -> str:
    """Return what the feed of a search is called."""
    return " ".join(words.split()) or reader.gettext("Catalogue")


def plans_title(name: str, words: str, reader: Reader) -> str:
    """Return what the feed of a list of plans is called.

    Args:
        name: Last part of the list's path.
        words: That are looked for in it.
        reader: For whom.
    """
    headings = {
        "roadmap": reader.gettext("Who plans what"),
        "seeking": reader.gettext("Partners wanted"),
        "offering": reader.gettext("Help offered"),
        "providers": reader.gettext("Who can be hired"),
        "consultations": reader.gettext("What the public is asked, and until when"),
    }
    return ": ".join(part for part in (headings[name], " ".join(words.split())) if part)


def overlaps_title(who: str, reader: Reader) -> str:
    """Return what the feed of those is called who plan the same as a publisher."""
    return reader.gettext("Who plans the same as %(who)s") % {"who": who}


def reminders_title(who: str, reader: Reader) -> str:
    """Return what the feed of a publisher's reminders is called."""
    return reader.gettext("What %(who)s should look at again") % {"who": who}


def news_title(reader: Reader) -> str:
    """Return what the feed of what publishers write elsewhere is called."""
    return reader.gettext("News")
