r"""The one YAML loader of the project: strict, bounded, and faithful to what was written.

YAML readers disagree about real files, and a catalogue that guesses is wrong in public. This
one takes one document of YAML 1.2 and gives text for every scalar except the few whose
spelling says everything::

    null, ~, empty      → None
    true, false         → True, False            (yes, no, on, off stay text)
    0, 7, -12           → int, when the digits are its only spelling
    0.4, 1.10, 012      → "0.4", "1.10", "012"   (versions keep their digits)
    2026-07-01          → "2026-07-01"           (dates stay text)

Tabs: YAML allows them between the parts of a line (``license: <TAB>EUPL-1.2``) and forbids
them as indentation. The pure scanner of ruamel.yaml refuses both, libyaml accepts the first;
:class:`_Scanner` does what the specification says. See ``docs/adr/0008-one-yaml-loader.md``.

Merge keys (``<<``) are not YAML 1.2 and stay keys. Tags are not followed, except that
``!!str`` makes text. A refused file has one line that says where and why, in :class:`YamlError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner

from node.errors import InvalidInputError

Yaml: TypeAlias = "bool | int | str | list[Yaml] | dict[str, Yaml] | None"


@dataclass(frozen=True, slots=True)
class YamlLimits:
    """How much one document may ask of the reader.

    Attributes:
        max_bytes: Size of the file. The largest real publiccode.yml has 165 kB, and the pure
            loader needs about 1.5 ms for each kB.
        max_depth: Lists and maps inside one another; real files need seven, a hostile one
            would exhaust the call stack.
        max_nodes: Values after aliases are followed. Nine lists of nine aliases to one another
            are a few hundred bytes and 400 million values.
    """

    max_bytes: int = 262_144
    max_depth: int = 32
    max_nodes: int = 50_000


DEFAULT: Final = YamlLimits()

# Digits that are the only spelling of their number, and exact in JSON and msgpack.
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TEXT_TAG: Final = "tag:yaml.org,2002:str"
_LINE_ENDS: Final = "\0\r\n\x85\u2028\u2029"


class YamlError(InvalidInputError):
    """A document that cannot be read.

    Attributes:
        line: From 1; 0 when the fault has no place.
        column: From 1; 0 when the fault has no place.
        fault: What is wrong, as a clause.
        hint: What to do, as a sentence.
    """

    def __init__(self, line: int, column: int, fault: str, hint: str) -> None:
        place = f"line {line}, column {column}: " if line else ""
        super().__init__(f"{place}{fault}", (), hint)
        self.line = line
        self.column = column
        self.fault = fault


def load_yaml(data: bytes, limits: YamlLimits = DEFAULT) -> Yaml:
    """Return the value of the one YAML document in ``data``; None of an empty file.

    Keys of maps are text, spelled as in the file: ``7`` and ``true`` are not numbers there.

    Raises:
        YamlError: Not UTF-8, not YAML, more than one document, a key twice, or beyond the
            limits.
    """
    if len(data) > limits.max_bytes:
        raise YamlError(
            0, 0, f"the file has {len(data):,} bytes, more than {limits.max_bytes:,}", "Shorten it."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place(data.decode("latin-1"), error.start)
        raise YamlError(line, column, "the text is not UTF-8", "Save the file as UTF-8.") from error
    node = _compose(text, limits)
    return None if node is None else _Builder(limits).value(node, 1)


class _Scanner(Scanner):
    """The pure scanner, with tabs where YAML allows them."""

    def scan_to_next_token(self) -> None:
        """Skip what separates tokens; a tab that indents is left to be refused."""
        peek, forward = self.reader.peek, self.reader.forward
        while True:
            while peek() == " " or (peek() == "\t" and self._tab_separates()):
                forward()
            if peek() == "#":
                while peek() not in _LINE_ENDS:
                    forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def _tab_separates(self) -> bool:
        # A key may start here, so what follows counts as indentation, unless nothing follows.
        if self.flow_level or not self.allow_simple_key:
            return True
        ahead = 0
        while self.reader.peek(ahead) in " \t":
            ahead += 1
        return self.reader.peek(ahead) in f"#{_LINE_ENDS}"


def _compose(text: str, limits: YamlLimits) -> Node | None:
    """Return the document's tree of nodes, with aliases as shared nodes."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    yaml.max_depth = limits.max_depth
    try:
        # An anchor may be set twice; the later one counts, as YAML says.
        yaml.composer.warn_double_anchors = False
        node: Node | None = yaml.compose(text)
    except ReaderError as error:
        line, column = _place(text, error.position)
        raise YamlError(
            line, column, f"the character U+{error.character:04X} is not allowed", "Remove it."
        ) from error
    except (MaxDepthExceededError, RecursionError) as error:
        raise YamlError(0, 0, "lists and maps are nested too deeply", "Flatten them.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        fault = " ".join(str(error.problem or error.context).split())
        raise YamlError(line, column, fault, "Check the indentation and the quotes there.") from error
    # The library's own slips on garbage.
    except (YAMLError, ValueError, LookupError, AttributeError, TypeError, AssertionError) as error:
        raise YamlError(0, 0, "the file is not YAML", "Check it with a YAML editor.") from error
    return node


class _Builder:
    """Turns nodes into values, and counts them: an alias costs what it stands for."""

    def __init__(self, limits: YamlLimits) -> None:
        self._limits = limits
        self._left = limits.max_nodes

    def value(self, node: Node, depth: int) -> Yaml:
        self._left -= 1
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if self._left < 0:
            fault = f"the file stands for more than {self._limits.max_nodes:,} values"
            raise YamlError(line, column, fault, "Use fewer aliases.")
        if depth > self._limits.max_depth + 1:
            raise YamlError(line, column, "lists and maps are nested too deeply", "Flatten them.")
        if isinstance(node, SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        if isinstance(node, MappingNode):
            return self._map(node, depth)
        assert isinstance(node, ScalarNode)  # noqa: S101 - the composer makes these three alone
        return _scalar(node)

    def _map(self, node: MappingNode, depth: int) -> dict[str, Yaml]:
        found: dict[str, Yaml] = {}
        for key_node, value_node in node.value:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if not isinstance(key_node, ScalarNode):
                raise YamlError(line, column, "a key is a list or a map", "Write a text as key.")
            key = key_node.value
            if key in found:
                fault = f"the key {key[:60]!r} stands twice in one map"
                raise YamlError(line, column, fault, "Remove or rename one of them.")
            found[key] = self.value(value_node, depth + 1)
        return found


def _scalar(node: ScalarNode) -> Yaml:
    text: str = node.value
    if node.style or str(node.tag) == _TEXT_TAG:
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def _place(text: str, position: int) -> tuple[int, int]:
    """Return line and column, both from 1, of a character."""
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")
