"""Loads into a domain: its `_bulk` API takes chunks, and its pipeline embeds them."""

from collections.abc import Callable, Sequence

from aws.bulk_requests import asking, connect
from corpus.formats import Reading
from corpus.leftovers import Leftovers
from corpus.load_settings import LoadSettings
from corpus.separate_process import FileLimits
from sources.in_step import Into
from sources.vanished import together


def into_domain(
    to: LoadSettings,
    source: str,
    ends: float,
    *,
    reading: Reading,
    limits: FileLimits,
    groups: Sequence[str],
    pause: Callable[[int, float], float],
) -> Into:
    """The domain as a destination of a source; no request lasts beyond `ends` (monotonic clock). Raises Stopped."""
    ask = asking(to.target, ends)
    of_source = Leftovers(ask, to.index, source)

    def remove(ids: Sequence[str]) -> None:
        # Without a refresh, a search does not find what was stored a moment ago.
        ask(f"/{to.index}/_refresh", {}, "")
        for some in together(ids):
            of_source.remove({id: [] for id in some})

    return Into(
        connect(to.target, to.index, ends),
        remove,
        reading,
        limits,
        to.cut,
        Leftovers(ask, to.index).remove,
        groups,
        pause,
    )
