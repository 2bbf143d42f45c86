"""Loads into a domain: its `_bulk` API takes chunks, and its pipeline embeds them."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws.bulk_requests import asking, connect
from corpus.chunks import chunks
from corpus.formats import Reading
from corpus.leftovers import Leftovers
from corpus.separate_process import FileLimits
from sources.in_step import Into
from sources.vanished import together


def into_domain(
    destination: Mapping[str, Any],
    source: str,
    ends: float,
    *,
    reading: Reading,
    limits: FileLimits,
    groups: Sequence[str],
    pause: Callable[[int, float], float],
) -> Into:
    """The domain as a destination of a source; no request lasts beyond `ends` (monotonic clock). Raises Stopped."""
    index = destination["index"]
    ask = asking(destination["target"], ends)
    of_source = Leftovers(ask, index, source)

    def remove(ids: Sequence[str]) -> None:
        # Without a refresh, a search does not find what was stored a moment ago.
        ask(f"/{index}/_refresh", {}, "")
        for some in together(ids):
            of_source.remove({id: [] for id in some})

    return Into(
        connect(destination["target"], index, ends),
        remove,
        reading,
        limits,
        functools.partial(
            chunks,
            text_field=destination["text_field"],
            most=destination["passage_characters"],
            tokens=destination["passage_tokens"],
            overlap=destination["passage_overlap"],
            mask=destination.get("mask", ()),
        ),
        Leftovers(ask, index).remove,
        groups,
        pause,
    )
