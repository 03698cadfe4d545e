"""Questions to a home's catalogue."""

from __future__ import annotations

from node.answers.search import Question, search
from node.home import Home


def names(home: Home, question: str) -> list[str]:
    """Return the names of what is found for some words, the best first."""
    return [item["name"] for item in search(home, Question(question)).items]
