"""Reads lists of JSON APIs, page after page, and the files that they name."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast
from urllib.parse import urljoin, urlsplit

from sources.item import Unlisted, Unreached
from sources.web.fetch import Fetching

REFUSED = (401, 403)
_MOST_REDIRECTS = 3


class Api:
    """The API of a vendor at `root`, the only host that gets the `headers`.

    `name` and `access` are for messages: the name of the API, and what to check if it refuses access.
    """

    def __init__(self, fetching: Fetching, root: str, name: str, access: str, headers: Mapping[str, str]) -> None:
        self._fetching, self._root, self._headers = fetching, root, dict(headers)
        self._name, self._access = name, access

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Raises Unlisted if the block finds an answer in another form."""
        try:
            yield
        except (AttributeError, KeyError, TypeError) as error:
            raise Unlisted(f"{self._name} did not answer in the form of its API ({type(error).__name__}).") from None

    def every(
        self, url: str, results: str, following: Callable[[Mapping[str, Any]], object]
    ) -> Iterator[Mapping[str, Any]]:
        """The `results` of all pages of a list; `following` finds the next page's address in an answer."""
        while url:
            answer = self.listed(url)
            yield from answer[results]
            further = following(answer)
            url = urljoin(self._root, str(further)) if further else ""
            if url and not url.startswith(f"{self._root}/"):
                raise Unlisted(f"{self._name} redirects to another host, {urlsplit(url).netloc}.")

    def listed(self, url: str) -> dict[str, Any]:
        """The JSON object at `url`. Raises Unlisted."""
        try:
            return self.read(url)
        except Unreached as why:
            raise Unlisted(f"{self._name}: {url} {why}. Nothing is removed.") from None

    def read(self, url: str) -> dict[str, Any]:
        """The JSON object at `url`. Raises Unreached, and Unlisted when access is refused."""
        with self.opened(url) as file:
            try:
                body = json.load(file)
            except ValueError as error:
                raise Unreached(f"is not JSON ({error})") from None
        if not isinstance(body, dict):
            raise Unreached("is not a JSON object")
        return body

    @contextmanager
    def opened(self, url: str) -> Iterator[BinaryIO]:
        """The content at `url`; a redirect is followed without the headers, which are only for this API."""
        headers = self._headers
        with tempfile.TemporaryFile() as file:
            for _ in range(_MOST_REDIRECTS):
                with self._fetching.get(url, headers) as answer:
                    if answer.status in REFUSED:
                        raise Unlisted(f"{self._name}: {url} was refused ({answer.status}). {self._access}")
                    if 300 <= answer.status < 400 and "location" in answer.headers:
                        url, headers = urljoin(url, answer.headers["location"]), {}
                        continue
                    if answer.status != 200:
                        raise Unreached(f"was answered {answer.status}")
                    answer.save(file)
                    break
            else:
                raise Unreached("redirects too many times")
            file.seek(0)
            yield cast(BinaryIO, file)
