"""Confluence Cloud and Microsoft Graph on this machine: strict about requests, with answers of the public schemas.

https://developer.atlassian.com/cloud/confluence/rest/v2/ and https://learn.microsoft.com/graph/api/resources/driveitem
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema

from sandbox.models.json_handler import serving

USER, KEY = "osml@example.com", "t0p-secret"
TENANT, CLIENT = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
TEXT: Mapping[str, Any] = {"type": "string"}
# The required members of a list of pages, a page and a drive item, by their schemas.
PAGE_LISTED: Mapping[str, Any] = {
    "type": "object",
    "required": ["id", "status", "title", "spaceId", "version", "_links"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "status": {"enum": ["current", "archived", "deleted", "trashed"]},
        "title": TEXT,
        "spaceId": TEXT,
        "version": {"type": "object", "required": ["number"], "properties": {"number": {"type": "integer"}}},
    },
}
DRIVE_ITEM: Mapping[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "size": {"type": "integer"},
        "cTag": TEXT,
        "webUrl": TEXT,
        "file": {"type": "object", "properties": {"mimeType": TEXT}},
        "folder": {"type": "object", "properties": {"childCount": {"type": "integer"}}},
        "deleted": {"type": "object"},
        "parentReference": {"type": "object", "properties": {"driveId": TEXT, "id": TEXT, "path": TEXT}},
    },
    "additionalProperties": False,
}


@dataclass
class Vendor:
    """`pages` of Confluence by id, `files` of a library by path; one answer has at most `most` of them."""

    url: str = ""
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    most: int = 2
    busy: int = 0
    requested: list[str] = field(default_factory=list)
    leads_to: str | None = None

    def page(self, id: str, title: str, body: str, version: int = 1, status: str = "current") -> None:
        self.pages[id] = {"id": id, "title": title, "body": body, "version": version, "status": status}

    def reads(self, pattern: str) -> int:
        """The number of requests whose path matches."""
        return sum(re.search(pattern, path) is not None for path in self.requested)

    def answer(self, path: str, query: Mapping[str, str], authorization: str | None) -> Any:
        """Returns status, body and headers."""
        if self.busy:
            self.busy -= 1
            return 429, {}, {"Retry-After": "1"}
        if path.startswith("/wiki/"):
            return self._confluence(path.removeprefix("/wiki/api/v2"), query, authorization)
        return self._graph(path.removeprefix("/v1.0"), query, authorization)

    def _confluence(self, path: str, query: Mapping[str, str], authorization: str | None) -> Any:
        if authorization != f"Basic {b64encode(f'{USER}:{KEY}'.encode()).decode()}":
            return 401, {"errors": [{"status": 401, "code": "UNAUTHORIZED", "title": "Unauthorized"}]}, {}
        if path == "/spaces" and set(query) <= {"keys", "limit", "cursor"}:
            keys = query["keys"].split(",")
            spaces = [{"id": "77", "key": "HR", "name": "People", "type": "global", "status": "current"}]
            return (
                200,
                {"results": [space for space in spaces if space["key"] in keys], "_links": {"base": self.url}},
                {},
            )
        if path == "/spaces/77/pages" and set(query) <= {"status", "limit", "cursor"}:
            assert 1 <= int(query["limit"]) <= 250
            pages = [page for page in self.pages.values() if page["status"] == query.get("status", page["status"])]
            start = int(query.get("cursor", 0))
            results = [self._listed(page) for page in pages[start : start + self.most]]
            jsonschema.validate(results, {"type": "array", "items": PAGE_LISTED})
            more = f"{path}?status={query['status']}&limit={query['limit']}&cursor={start + self.most}"
            following = {"next": self.leads_to or f"/wiki/api/v2{more}"} if len(pages) > start + self.most else {}
            return 200, {"results": results, "_links": {**following, "base": f"{self.url}/wiki"}}, {}
        match = re.fullmatch(r"/pages/([0-9]+)", path)
        if match and match[1] in self.pages:
            formats = ("storage", "atlas_doc_format", "view", "export_view", "anonymous_export_view", "styled_view")
            assert set(query) == {"body-format"}
            assert query["body-format"] in formats
            page = self.pages[match[1]]
            body = {query["body-format"]: {"representation": query["body-format"], "value": page["body"]}}
            return 200, {**self._listed(page), "body": body}, {}
        return 404, {"errors": [{"status": 404, "code": "NOT_FOUND", "title": "Not Found"}]}, {}

    def _listed(self, page: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": page["id"],
            "status": page["status"],
            "title": page["title"],
            "spaceId": "77",
            "version": {"number": page["version"], "createdAt": "2026-11-01T00:00:00.000Z"},
            "body": {},
            "_links": {"webui": f"/spaces/HR/pages/{page['id']}/{page['title']}"},
        }

    def _graph(self, path: str, query: Mapping[str, str], authorization: str | None) -> Any:
        if path.startswith("/store/"):
            # The target of a download link, which is signed and takes no token.
            assert authorization is None
            return 200, self.files[unquote(path.removeprefix("/store/"))], {}
        if authorization != "Bearer granted":
            return 401, {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}, {}
        if path == f"/sites/{self.host}:/sites/hr":
            return 200, {"id": "example,1,2", "name": "hr", "webUrl": f"{self.url}/sites/hr"}, {}
        if path == "/sites/example,1,2/drive":
            return 200, {"id": "b!d1", "name": "Documents", "driveType": "documentLibrary"}, {}
        if path == "/sites/example,1,2/drives":
            return 200, {"value": [{"id": "b!d1", "name": "Documents"}, {"id": "b!d2", "name": "Policies"}]}, {}
        if path == "/drives/b!d1/root/delta" and set(query) <= {"$select", "token"}:
            return 200, self._delta(int(query.get("token", 0)), query["$select"].split(",")), {}
        match = re.fullmatch(r"/drives/b!d1/items/(.+)/content", path)
        if match:
            return 302, b"", {"Location": f"{self.url}/v1.0/store/{self._paths()[match[1]]}"}
        return 404, {"error": {"code": "itemNotFound", "message": "no"}}, {}

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def _paths(self) -> dict[str, str]:
        return {f"id-{path.encode().hex()}": path for path in self.files}

    def _delta(self, start: int, fields: list[str]) -> dict[str, Any]:
        items: list[dict[str, Any]] = [{"id": "root", "name": "root", "folder": {"childCount": 1}}]
        items.append({"id": "gone", "name": "gone.txt", "deleted": {"state": "deleted"}})
        for id, path in self._paths().items():
            folder, _, name = path.rpartition("/")
            where = f"/drives/b!d1/root:{f'/{folder}' if folder else ''}"
            items.append(
                {
                    "id": id,
                    "name": name,
                    "size": len(self.files[path]),
                    "cTag": f'"c:{hash(self.files[path])}"',
                    "file": {"mimeType": "text/plain"},
                    "parentReference": {"driveId": "b!d1", "path": where},
                }
            )
        # The API may list an item twice, with the same properties.
        items.append(items[-1])
        chosen = [{name: item[name] for name in fields if name in item} for item in items[start : start + self.most]]
        jsonschema.validate(chosen, {"type": "array", "items": DRIVE_ITEM})
        address = f"{self.url}/v1.0/drives/b!d1/root/delta?$select={','.join(fields)}"
        if start + self.most < len(items):
            return {"value": chosen, "@odata.nextLink": self.leads_to or f"{address}&token={start + self.most}"}
        return {"value": chosen, "@odata.deltaLink": f"{address}&token=latest"}


@contextmanager
def vendor() -> Iterator[Vendor]:
    """Run the server until the block ends."""
    served = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            served.requested.append(parts.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._send(*served.answer(unquote(parts.path), query, self.headers["Authorization"]))

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            assert self.path == f"/{TENANT}/oauth2/v2.0/token"
            assert set(form) == {"client_id", "client_secret", "grant_type", "scope"}
            if form["client_secret"] == [KEY] and form["client_id"] == [CLIENT]:
                self._send(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": "granted"}, {})
            else:
                said = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"
                self._send(401, {"error": "invalid_client", "error_description": said}, {})

        def _send(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as served.url:
        yield served
