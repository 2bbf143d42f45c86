"""Pages that wait to be requested, by hosts in turns: the pause after a request is used for the other hosts."""

from collections import deque
from collections.abc import Iterable
from urllib.parse import urlsplit


class Turns:
    """The waiting pages, in order for each host; each page has its link distance from the start."""

    def __init__(self, pages: Iterable[tuple[str, int]] = ()) -> None:
        self._hosts: dict[str, deque[tuple[str, int]]] = {}
        self.add(pages)

    def __bool__(self) -> bool:
        return bool(self._hosts)

    def add(self, pages: Iterable[tuple[str, int]]) -> None:
        """Put these pages at the end."""
        for url, depth in pages:
            self._hosts.setdefault(urlsplit(url).netloc, deque()).append((url, depth))

    def next(self) -> tuple[str, int]:
        """The next page of the host whose turn it is."""
        host = next(iter(self._hosts))
        pages = self._hosts.pop(host)
        page = pages.popleft()
        if pages:
            self._hosts[host] = pages
        return page
