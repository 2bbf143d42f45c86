"""Reads the YAML of environment files: one mapping of plain values, without duplicate names or empty values.

YAML 1.1 changes some values: it reads `1:30` as 90, `010` as 8, a date as an object, and a name without a value as
null. This reader refuses such a value with a sentence.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import yaml

from settings.quoted import name as shown_name
from settings.quoted import value as shown_value

# Far more than any file needs: the deepest setting is in the eighth group.
DEEPEST = 40
MOST_VALUES = 20_000
_CORE = "tag:yaml.org,2002:"
_PLAIN = {f"{_CORE}{tag}" for tag in ("null", "bool", "int", "float", "str", "timestamp", "merge", "value")}
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_MANY_DIGITS = 19
# Advice for messages of PyYAML that give none, by a part of the message.
_HELP = {
    r"found character '\t'": "indent with spaces, not with tabs",
    "<block": "indent it like the lines of the same group",
    "mapping values are not allowed": "indent it like the lines of the same group, or put a text with a colon in "
    "quotes",
    "could not find expected ':'": "write `name: value`",
    "expected alphabetic or numeric character": "put the text in quotes: * and & begin an alias or an anchor there",
    "second occurrence": "give the anchor (&) another name",
    "another document": "a second document begins there; keep one",
}


class NotYamlError(ValueError):
    """The text is not YAML; the message follows the words `is not YAML`."""


class _Loader(yaml.SafeLoader):
    """Limits the depth of nodes, so Python does not reach its recursion limit."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError(f"line {self.line + 1} is {DEEPEST} groups deep; no setting is")
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read(text: str, *, first: str, empty: Mapping[str, str] | None = None, nulls: bool = False) -> dict[str, Any]:
    """The settings in `text`; if there are none, the error recommends `first` as the first line.

    `empty` maps the path of a setting to advice for an empty value; with `nulls` an empty value is None. Raises
    NotYamlError or ValueError; both messages are without a full stop.
    """
    try:
        return _Reader(_Loader(text), first, empty or {}, nulls).settings()
    except yaml.MarkedYAMLError as fault:
        raise NotYamlError(_of_syntax(fault)) from None
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        raise NotYamlError(
            f" in line {line}: it contains the character {_code(text[fault.position])}; write it as plain text"
        ) from None


class _Reader:
    """Turns nodes into values; its errors contain the path and the line."""

    def __init__(self, loader: _Loader, first: str, empty: Mapping[str, str], nulls: bool) -> None:
        self._loader: Any = loader
        self._first, self._empty, self._nulls = first, empty, nulls
        self._left = MOST_VALUES

    def settings(self) -> dict[str, Any]:
        try:
            node = self._loader.get_single_node()
            if not isinstance(node, yaml.MappingNode) or not node.value:
                raise ValueError(f"holds no settings; start with the line {self._first!r}")
            values: dict[str, Any] = self._value(node, ())
            return values
        finally:
            self._loader.dispose()

    def _value(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        self._left -= 1
        if len(path) > DEEPEST or self._left < 0:
            raise ValueError(f"{_named(path[:2])} repeats itself by aliases (*) too many times; write it out")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag not in (f"{_CORE}map", f"{_CORE}seq"):
            raise ValueError(_tagged(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, str(number))) for number, item in enumerate(node.value)]
        values: dict[str, Any] = {}
        for key, value in node.value:
            name = self._name(key, path)
            if name in values:
                problem = f"{name!r} is set twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            values[name] = self._value(value, (*path, name))
        return values

    def _name(self, key: yaml.Node, path: tuple[str, ...]) -> str:
        line = _line(key)
        inside = f" in {_named(path)}" if path else ""
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a setting's name is not a text", key.start_mark)
        if key.tag == f"{_CORE}merge":
            raise ValueError(
                f"line {line}{inside} has a merge key (<<), which is not supported; write out the settings"
            )
        if key.tag != f"{_CORE}str":
            raise ValueError(
                f"line {line}{inside} begins with {shown_name(key.value)}, which YAML reads as {_kind(key.tag)} and "
                "not as a name; put it in quotes, or remove the line"
            )
        _check_characters(key.value, f"a name in line {line}{inside}")
        return str(key.value)

    def _scalar(self, node: yaml.ScalarNode, path: tuple[str, ...]) -> Any:
        where, text, tag = f"{_named(path)} in line {_line(node)}", node.value, node.tag
        # An explicit tag may not fit its text.
        if tag not in _PLAIN or (
            tag != f"{_CORE}str" and self._loader.resolve(yaml.ScalarNode, text, (True, False)) != tag
        ):
            raise ValueError(_tagged(node, path))
        if tag == f"{_CORE}null":
            if self._nulls:
                return None
            help = self._empty.get(".".join(path), "write a value, or remove the line")
            raise ValueError(f"{where} is left empty (null); {help}")
        if tag == f"{_CORE}str":
            _check_characters(text, where)
            return text
        if tag == f"{_CORE}bool":
            return self._loader.construct_yaml_bool(node)
        if tag not in (f"{_CORE}int", f"{_CORE}float"):
            raise ValueError(f"{where} is {shown_value(text)}, which YAML reads as {_kind(tag)}; put it in quotes")
        return self._number(text, node, where)

    def _number(self, text: str, node: yaml.ScalarNode, where: str) -> int | float:
        whole = node.tag == f"{_CORE}int"
        if whole and sum(character.isdigit() for character in text) > _MANY_DIGITS:
            raise ValueError(
                f"{where} is a number of more than {_MANY_DIGITS} digits; write a smaller one, or quote it"
            )
        number: int | float = (
            self._loader.construct_yaml_int(node) if whole else self._loader.construct_yaml_float(node)
        )
        if ":" in text or _OCTAL.fullmatch(text):
            raise ValueError(
                f"{where} is {text}, which YAML reads as the number {number}; put it in quotes if it is a text, or "
                f"write the number itself"
            )
        if not math.isfinite(number):
            raise ValueError(f"{where} is {text}, which is not an ordinary number; write an ordinary one")
        return number


def _check_characters(text: str, where: str) -> None:
    """Raise ValueError for control characters except tab and line break, and for characters that are not in UTF-8."""
    for character in text:
        if (unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n") or character in "\ufffe\uffff":
            raise ValueError(f"{where} contains the character {_code(character)}, which is not allowed; remove it")


def _of_syntax(fault: yaml.MarkedYAMLError) -> str:
    mark, problem = fault.problem_mark, str(fault.problem)
    where = f" in line {mark.line + 1}" if mark else ""
    help = next((help for part, help in _HELP.items() if part in problem), "correct that line")
    return f"{where}: {' '.join(problem.split())}; {help}"


def _tagged(node: yaml.Node, path: tuple[str, ...]) -> str:
    tag = node.tag.replace(_CORE, "!!")
    return f"{_named(path)} in line {_line(node)} has the tag {shown_name(tag)}, which does not fit it; remove the tag"


def _kind(tag: str) -> str:
    kinds = {"bool": "true or false", "int": "a number", "float": "a number", "null": "nothing", "timestamp": "a date"}
    return kinds.get(tag.removeprefix(_CORE), "something other than a text")


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _named(path: tuple[str, ...]) -> str:
    return ".".join(map(shown_name, path)) or "the file"


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
