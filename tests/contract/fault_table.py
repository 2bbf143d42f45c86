"""The table of docs/faults.md: the whole run writes it, and every other run is compared with it."""

import re
from collections import defaultdict
from collections.abc import Iterable

from tests.contract.fault_matrix import CONVERGES, FAILS, VERBS, Cell

_SIGNS = {frozenset({CONVERGES}): "+", frozenset({FAILS}): "-", frozenset({CONVERGES, FAILS}): "±"}
_HEADINGS = {False: "## Once, or for some seconds", True: "## Lasting"}
_BEFORE = """# Faults

Between the provisioner's function and a real engine, a proxy injects faults into real connections
(`tests/contract/fault_proxy.py`). The run that wrote this page injected each fault of the table at calls of each verb
of each kind. `OSML_FAULTS=1 pytest tests/contract/test_fault_matrix.py` tries every call, and `OSML_FAULTS=99` one call
of each verb. Without this variable the test tries a part of the calls. It fails if its result for a kind differs from
this page and this page is the result of every call.

An entry has four signs, for create, update in place, replacement and delete:

| sign | result of the fault, at every call at which it began |
| --- | --- |
| `+` | the event converged: it succeeded, and the engine has exactly the specified objects |
| `-` | it failed with one sentence; CloudFormation's next event (delete, or the reverse update) repaired everything |
| `±` | `+` or `-`, depending on the call |
| `.` | the kind has no such verb |
| `?` | not tried |

A sign also means that there was no duplicate, no leftover and no wait beyond the function's time: a kind is published
only if this is true. The last line shows how many of the possible cells (calls × faults) were tried. A lasting fault
may leave the lock of decision 3, which the next writer takes over. [Decision 12](decisions/0012-faults.md) explains
which faults are waited for, and for how long.
"""
_TRIED = "tried"


class Table:
    """The results of this run, and the published results of the kinds that this run does not try."""

    def __init__(self, published: str, kinds: Iterable[str], faults: Iterable[str]) -> None:
        self._kinds, self._faults = list(kinds), list(faults)
        self._published = _read(published)
        self._seen: dict[tuple[bool, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._tried: dict[tuple[bool, str], int] = defaultdict(int)
        self._calls: dict[str, dict[str, int]] = {}

    def begin(self, kind: str, calls: dict[str, int]) -> None:
        """Begin to try a kind; `calls` is the number of calls of each of its verbs."""
        self._calls[kind] = calls

    def saw(self, cell: Cell, result: str) -> None:
        self._seen[cell.lasting, cell.fault.name, cell.kind][cell.verb].add(result)
        self._tried[cell.lasting, cell.kind] += 1

    def disagreements(self, kind: str) -> list[str]:
        """The differences between a kind's results and the published ones, where each call was tried for those."""
        differences = []
        for (lasting, fault, of), verbs in self._seen.items():
            tried, _, possible = self._published.get((lasting, _TRIED, kind), "").partition("/")
            if tried != possible:
                continue
            published = self._published.get((lasting, fault, of), "?" * len(VERBS))
            for verb, results in verbs.items():
                sign = published[VERBS.index(verb)]
                if of == kind and sign not in ("±", "?", _SIGNS[frozenset(results)]):
                    differences.append(
                        f"{verb} {kind}, {fault}{', lasting' if lasting else ''}: {results}, published {sign}"
                    )
        return differences

    def text(self, published: str) -> str:
        """The whole page; the columns of kinds that this run does not try come from `published`."""
        self._published = _read(published)
        parts = [_BEFORE]
        for lasting, heading in _HEADINGS.items():
            rows = [["", *self._kinds], ["---"] * (len(self._kinds) + 1)]
            for row in (*self._faults, _TRIED):
                rows.append([row, *(f"`{self._entry(lasting, row, kind)}`" for kind in self._kinds)])
            parts.append("\n".join([heading, "", *("| " + " | ".join(row) + " |" for row in rows)]) + "\n")
        return "\n".join(parts)

    def _entry(self, lasting: bool, row: str, kind: str) -> str:
        calls = self._calls.get(kind)
        if calls is None:
            return self._published.get((lasting, row, kind), "?" * len(VERBS))
        if row == _TRIED:
            return f"{self._tried[lasting, kind]}/{sum(calls.values()) * len(self._faults)}"
        seen = self._seen[lasting, row, kind]
        return "".join(_SIGNS[frozenset(seen[verb])] if verb in seen else ".?"[verb in calls] for verb in VERBS)


def _read(text: str) -> dict[tuple[bool, str, str], str]:
    published = {}
    parts = dict(zip(_HEADINGS, re.split("|".join(map(re.escape, _HEADINGS.values())), text)[1:], strict=False))
    for lasting, part in parts.items():
        lines = re.findall(r"^\|(.*)\|$", part, re.MULTILINE)
        kinds, _, *rows = ([cell.strip(" `") for cell in line.split("|")] for line in lines)
        for name, *signs in rows:
            published.update({(lasting, name, kind): sign for kind, sign in zip(kinds[1:], signs, strict=True)})
    return published
