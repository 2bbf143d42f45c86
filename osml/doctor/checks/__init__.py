"""The checks of `osml doctor`: the `CHECK` of each module that has one, found automatically."""

import pkgutil
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from importlib import import_module

from osml.doctor.checks.check import Check


def declared() -> Iterator[Check]:
    """The checks in this folder, in no order."""
    for file in pkgutil.iter_modules(__path__):
        check = getattr(import_module(f"{__name__}.{file.name}"), "CHECK", None)
        if isinstance(check, Check):
            yield check


def ordered(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Each check behind the one that it comes `after`; those after the same one by their titles.

    Raises KeyError for an `after` that is no check, and CycleError for checks that come after each other.
    """
    by_title = {check.title: check for check in checks}
    sorter = TopologicalSorter({check.title: [check.after] if check.after else [] for check in by_title.values()})
    sorter.prepare()
    titles: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        sorter.done(*ready)
        titles += ready
    return tuple(by_title[title] for title in titles)


CHECKS = ordered(declared())
