"""Spaces of Confluence Cloud, by version 2 of its API: the mark of a page is its version.

The schema: https://developer.atlassian.com/cloud/confluence/rest/v2/
"""

import html
import io
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import quote

from settings.sources.confluence import Confluence
from sources.item import Content, ItemSource, Known, ListedItem, Unlisted, Unreached
from sources.patterns import wanted_by
from sources.tools import Tools
from sources.web.api import Api
from sources.web.fetch import Fetching
from sources.web.guard import guarded_session

# The largest number of entries on one page of a list.
PAGES = 250


def source(settings: Confluence, tools: Tools) -> ItemSource:
    """The pages of the spaces."""
    fetching = Fetching(guarded_session(tools.networks, tools.agent), 0.0, tools.left, tools.sleep)
    login = b64encode(f"{settings.user}:{tools.secret()}".encode()).decode()
    access = "Check `user`, its API token in the secret, and whether it may see the spaces."
    headers = {"Authorization": f"Basic {login}", "Accept": "application/json"}
    return Spaces(settings, Api(fetching, settings.url, "Confluence", access, headers))


class Spaces(ItemSource):
    """See ItemSource. A name is a page's address, which does not change with its title."""

    def __init__(self, settings: Confluence, api: Api) -> None:
        super().__init__()
        self._settings, self._api = settings, api
        self._wanted = wanted_by(settings.include, settings.exclude)

    def items(self, known: Mapping[str, Known], run: str) -> Iterator[ListedItem]:  # noqa: ARG002 of the interface
        """See ItemSource."""
        with self._api.understood():
            yield from self._pages(f"{self._settings.url}/wiki/api/v2")

    def _pages(self, root: str) -> Iterator[ListedItem]:
        keys = quote(",".join(self._settings.spaces))
        spaces = {space["key"]: space["id"] for space in self._all(f"{root}/spaces?keys={keys}&limit={PAGES}")}
        for key in self._settings.spaces:
            if key not in spaces:
                raise Unlisted(f"Confluence has no space {key} that {self._settings.user} may see. Nothing is removed.")
            for page in self._all(f"{root}/spaces/{spaces[key]}/pages?status=current&limit={PAGES}"):
                name = f"{self._settings.url}/wiki/spaces/{key}/pages/{page['id']}"
                if self._wanted(str(page["title"])):
                    content = Content(f"{name}.html", lambda page=page: self._opened(root, page))  # type: ignore[misc]
                    yield ListedItem(name, f"{page['version']['number']} {page['title']}", content)

    def _all(self, url: str) -> Iterator[Mapping[str, Any]]:
        return self._api.every(url, "results", lambda answer: answer.get("_links", {}).get("next"))

    @contextmanager
    def _opened(self, root: str, page: Mapping[str, Any]) -> Iterator[BinaryIO]:
        answer = self._api.read(f"{root}/pages/{page['id']}?body-format=view")
        try:
            body = answer["body"]["view"]["value"]
        except (KeyError, TypeError):
            raise Unreached("has no body in the form `view`") from None
        title = html.escape(str(answer.get("title", page["title"])))
        with io.BytesIO(f"<meta charset=utf-8><title>{title}</title>{body}".encode("utf-8", "replace")) as file:
            yield file
