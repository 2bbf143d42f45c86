"""A document library of SharePoint Online, by Microsoft Graph. A file's mark is its cTag: it changes with the content.

The schema: https://learn.microsoft.com/graph/api/driveitem-delta
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests

from corpus.endings import ending, readable
from settings.sources.sharepoint import SharePoint
from sources.item import Content, ItemSource, Known, ListedItem, Unlisted
from sources.patterns import wanted_by
from sources.tools import Tools
from sources.web.api import Api
from sources.web.fetch import CONNECT_SECONDS, READ_SECONDS, Fetching, innermost
from sources.web.guard import guarded_session

LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"
FIELDS = "id,name,size,file,folder,deleted,cTag,webUrl,parentReference"
ACCESS = "Check `tenant`, `client`, the client secret, and whether the application may read the site."


def source(settings: SharePoint, tools: Tools) -> ItemSource:
    """The files of the library."""
    session = guarded_session(tools.networks, tools.agent)
    headers = {"Authorization": f"Bearer {_token(settings, session, tools.secret())}"}
    fetching = Fetching(session, 0.0, tools.left, tools.sleep)
    return LibraryFiles(settings, Api(fetching, GRAPH, "Microsoft Graph", ACCESS, headers), pictures=tools.pictures)


class LibraryFiles(ItemSource):
    """See ItemSource. A name is the file's address in the library."""

    def __init__(self, settings: SharePoint, api: Api, *, pictures: bool = False) -> None:
        super().__init__()
        self._settings, self._api, self._pictures = settings, api, pictures
        self._wanted = wanted_by(settings.include, settings.exclude)

    def items(self, known: Mapping[str, Known], run: str) -> Iterator[ListedItem]:  # noqa: ARG002 of the interface
        """See ItemSource. Without a token, `delta` lists all; the last entry of a file counts if it is listed twice."""
        with self._api.understood():
            yield from self._files(self._drive())

    def _files(self, drive: str) -> Iterator[ListedItem]:
        files: dict[str, Mapping[str, Any]] = {}
        for file in self._all(f"{GRAPH}/v1.0/drives/{quote(drive)}/root/delta?$select={FIELDS}"):
            files.pop(file["id"], None)
            if "file" in file and "deleted" not in file:
                files[file["id"]] = file
        for file in files.values():
            path = _path(file)
            if not self._wanted(path):
                continue
            if not readable(path, pictures=self._pictures):
                self.left_out[ending(path) or "without a type"] += 1
                continue
            url = f"{GRAPH}/v1.0/drives/{quote(drive)}/items/{quote(file['id'])}/content"
            content = Content(path, lambda url=url: self._api.opened(url))  # type: ignore[misc]
            yield ListedItem(f"{self._settings.url}/{quote(path)}", str(file.get("cTag", "")), content)

    def _drive(self) -> str:
        """The id of the library."""
        parts, wanted = urlsplit(self._settings.url), self._settings.library
        place = f"{parts.netloc}:{parts.path}" if parts.path else parts.netloc
        site = self._api.listed(f"{GRAPH}/v1.0/sites/{place}")
        if wanted is None:
            return str(self._api.listed(f"{GRAPH}/v1.0/sites/{quote(site['id'], safe=',')}/drive")["id"])
        drives = {
            drive["name"]: drive["id"]
            for drive in self._all(f"{GRAPH}/v1.0/sites/{quote(site['id'], safe=',')}/drives")
        }
        if wanted not in drives:
            raise Unlisted(f"{self._settings.url} has no library {wanted}; there are {', '.join(sorted(drives))}.")
        return str(drives[wanted])

    def _all(self, url: str) -> Iterator[Mapping[str, Any]]:
        return self._api.every(url, "value", lambda answer: answer.get("@odata.nextLink"))


def _path(file: Mapping[str, Any]) -> str:
    """The path of the file in the library; the folder's path is `/drives/ID/root:/Folder`, percent-encoded."""
    folder = unquote(str(file.get("parentReference", {}).get("path", "")).partition("root:")[2]).strip("/")
    return f"{folder}/{file['name']}" if folder else str(file["name"])


def _token(settings: SharePoint, session: requests.Session, secret: str) -> str:
    form = {
        "client_id": settings.client,
        "client_secret": secret,
        "grant_type": "client_credentials",
        "scope": f"{GRAPH}/.default",
    }
    url = f"{LOGIN}/{settings.tenant}/oauth2/v2.0/token"
    try:
        answer = session.post(url, data=form, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False)
        said = answer.json()
        if answer.status_code == 200:
            return str(said["access_token"])
        # Only the first line of the description is quoted: the others are ids of the request.
        why = str(said.get("error_description") or said.get("error") or "").splitlines()[:1]
        raise Unlisted(f"Microsoft refuses the application ({answer.status_code}): {' '.join(why)} {ACCESS}")
    except (requests.RequestException, OSError) as error:
        raise Unlisted(f"{url} gave no answer ({innermost(error)}).") from None
    except (AttributeError, KeyError, ValueError) as error:
        raise Unlisted(f"{url} did not answer in the form of Microsoft's API ({type(error).__name__}).") from None
