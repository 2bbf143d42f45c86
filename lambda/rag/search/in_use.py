"""The index in use: a whole search uses one index version, even if the alias moves in between.

If the alias moved during a search, the engine could embed the question for one index version and search another one. So
the search names the index version that the alias named last. If that search finds nothing, because the version is out
of use or deleted, the alias is read. See docs/decisions/0013-index-versions.md.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from rag.send import Send


def index_named(alias: str, send: Send) -> str:
    """The index that the alias names; the name itself if it is not an alias of one index."""
    [*indexes] = send("GET", f"/{quote(alias, safe='')}/_alias", None)
    return indexes[0] if len(indexes) == 1 else alias


def searched(
    alias: str,
    seen: dict[str, str],
    search: Callable[[str], Any],
    send: Send,
    failed: type[Exception],
) -> Any:
    """The result of `search` in the index that `alias` names; one request is enough while the alias does not move.

    `seen` keeps the last known index of each alias. `search` takes an index; it and `send` raise `failed`. If the alias
    has not moved, the last error is raised.
    """
    index = seen.get(alias) or index_named(alias, send)
    while True:
        failure: Exception | None = None
        answer: Any = None
        try:
            answer = search(index)
        except failed as raised:
            failure = raised
        if failure or not answer["hits"]["hits"]:
            before, index = index, index_named(alias, send)
            if index != before:
                continue
        seen[alias] = index
        if failure:
            raise failure
        return answer
