"""Ownership in a shared list of strings: for each entry, a second entry without effect names the owner.

Such a mark is `osml:<stack>/<logical id>:added:<entry>`, or `:found:` if the entry was in the list without a mark. An
`added` entry is removed with its last mark; a `found` entry stays. See docs/decisions/0003.
"""

import re
from collections.abc import Iterable

from mlcommons.owner import Owner

_MARK = re.compile(r"osml:(?P<owner>[A-Za-z0-9-]+/[A-Za-z0-9-]+):(?P<how>added|found):(?P<entry>.+)")


def ours(entries: Iterable[str], owner: Owner) -> set[str]:
    """Return the entries of the list that have the owner's mark."""
    present = set(entries)
    return {entry for holder, _, entry in _marks(present) if holder == str(owner) and entry in present}


def is_marked(entries: Iterable[str], owner: Owner) -> bool:
    """Whether the owner has any mark in the list, with or without its entry."""
    return any(holder == str(owner) for holder, _, _ in _marks(entries))


def has_marks(entries: Iterable[str]) -> bool:
    """Whether any owner has a mark in the list."""
    return bool(_marks(entries))


def merged(entries: Iterable[str], owner: Owner, wanted: Iterable[str]) -> list[str]:
    """Return the list in which `owner` has exactly `wanted`; an empty `wanted` removes the owner.

    Entries and marks of others keep their place; merging twice changes nothing.
    """
    before = list(entries)
    wanted = list(dict.fromkeys(wanted))
    marks = _marks(before)
    mine = {entry: how for holder, how, entry in marks if holder == str(owner)}
    others = {entry: how for holder, how, entry in marks if holder != str(owner)}
    leaving = {entry for entry, how in mine.items() if how == "added" and entry not in wanted and entry not in others}
    my_marks = {_mark(owner, how, entry) for entry, how in mine.items()}
    after = [entry for entry in before if entry not in leaving and entry not in my_marks]
    for entry in wanted:
        there = entry in before
        how = (mine.get(entry) or others.get(entry) or "found") if there else "added"
        if not there:
            after.append(entry)
        after.append(_mark(owner, how, entry))
    return before if set(after) == set(before) else after


def _mark(owner: Owner, how: str, entry: str) -> str:
    return f"osml:{owner}:{how}:{entry}"


def _marks(entries: Iterable[str]) -> list[tuple[str, str, str]]:
    matches = (_MARK.fullmatch(entry) for entry in entries)
    return [(match["owner"], match["how"], match["entry"]) for match in matches if match]
