"""An API stage for the page's tests: it serves the page from its objects, and plays the scripts of a test as its API.

Without a script it answers from the added documents, by common words, so the flows of `flows.py` run here as on a
deployed stage.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import session
from opensearch_ml.assistant.page_routes import ABSENT as ABSENT_FILE
from opensearch_ml.assistant.page_routes import REVALIDATED
from page_objects import page_objects
from sandbox.certificates import Certificates
from tests.browser.listener import Request, Wire, listening
from tests.browser.pool import CLIENT, Pool
from tests.browser.stage_documents import Plain, StageDocuments, cut, refuse
from tests.waiting import PATIENCE

KEY = "a-key-for-tests-only"
ABSENT = "The documents do not say."
CHANGING = "aws.cognito.signin.user.admin"


WEB = Path(__file__).parents[2] / "web"
_ENVIRONMENT = threading.Lock()
_PAUSE = 0.1


class Gate:
    """Stops a stream until a test opens it, and sends `: waiting` meanwhile, as the API does."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self.reached = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def pieces(self) -> Iterator[str]:
        self.reached.set()
        for _ in range(int(PATIENCE / _PAUSE)):
            if self._opened.wait(_PAUSE):
                return
            yield ": waiting\n\n"


Script = Sequence["str | Gate"]


def event(name: str, **value: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"


def answer(text: str | None, sources: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """An Answer with plausible timings."""
    timings = {"embed_ms": None, "search_ms": 18, "model_ms": 1240, "total_ms": 1262}
    whole = {"answer": text, "grounded": bool(sources), "sources": sources, "model": "deepseek-flash"}
    return {**whole, "conversation_id": "c-1", "timings": timings, **changes}


@dataclass(kw_only=True)
class Stage(StageDocuments):
    """`asks` are scripts for the next questions; `requested` are the received requests.

    Without a script, `answers` makes the script for a request. The person who is signed in has the `groups`.
    """

    sign_in: str
    pool: Pool
    url: str = ""
    asks: list["Plain | Script"] = field(default_factory=list)
    requested: list[dict[str, Any]] = field(default_factory=list)
    groups: list[str] | None = None
    quota: dict[str, Any] | None = None
    second_factor: bool = False
    visible_seconds: int = 0
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    feedback: dict[str, Any] | None = None
    models: list[str] = field(default_factory=list)
    prompts: list[dict[str, Any]] = field(default_factory=list)
    answers: Callable[[dict[str, Any]], Script] | None = None
    judged: dict[str, dict[str, Any]] = field(default_factory=dict)
    sharing: int | None = None
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)
    _origin: str = ""

    @contextmanager
    def running(self, certificates: Certificates) -> Iterator["Stage"]:
        with listening(certificates, self._answer) as self._origin:
            self.url = f"{self._origin}/dev/rag"
            yield self

    def converse(self, id: str, title: str, *shown: dict[str, Any]) -> None:
        """Store a conversation, with turns in the API's form."""
        about = {"id": id, "title": title, "turns": len(shown), "changed": "2026-01-02T12:00:00Z"}
        self.conversations[id] = {**about, "shown": list(shown)}

    def _answer(self, request: Request, wire: Wire) -> None:
        path = request.path.removeprefix("/dev/")
        if path == "rag" or path.startswith("rag/"):
            self._page(request, wire, path)
        elif (refused := self._unsigned(request)) is not None:
            wire.json(refused, {"message": {401: "Unauthorized", 403: "Forbidden"}[refused]})
        elif (request.method, path) == ("POST", "ask"):
            self._ask(request, wire)
        elif (request.method, path) == ("POST", "documents"):
            self.receive(request, wire)
        elif (request.method, path) == ("GET", "documents"):
            self.show_list(request, wire)
        elif request.method == "GET" and (id := path.removeprefix("jobs/")) in self.jobs:
            self.show_job(id, wire)
        elif request.method == "DELETE" and (identifier := request.query.get("id", "")) in (
            self.documents.keys() - self.unseen
        ):
            passages = len(cut(self.documents.pop(identifier)["text"]))
            wire.json(200, {"id": identifier, "passages": passages})
        elif path == "originals" and (link := self.links.get(request.query.get("document", ""))):
            wire.json(200, link)
        elif path == "me":
            features: dict[str, Any] = {"history": self.sign_in == "cognito", "feedback": self.feedback}
            features |= {
                "quota": self.quota,
                "models": self.models,
                "prompts": bool(self.prompts),
                "sharing": self.sharing,
            }
            wire.json(200, {"role": self.role, "groups": self.groups, **features})
        elif path.split("/")[0] == "feedback":
            self._judge(request, wire, path.removeprefix("feedback").removeprefix("/"))
        elif path == "prompts":
            self._prompt(request, wire)
        elif path.split("/")[0] == "shares":
            self._share(request, wire, path.removeprefix("shares").removeprefix("/"))
        elif path.split("/")[0] == "conversations":
            self._history(request, wire, path.removeprefix("conversations").removeprefix("/"))
        elif path == "health":
            wire.json(200, {"status": "ok", "environment": "dev"})
        else:
            wire.json(404, {"message": "There is no such document.", "request_id": "r-1"})

    def _history(self, request: Request, wire: Wire, id: str) -> None:
        # The number of the last turn is no part of the name.
        id = next((known for known in self.conversations if known.split("-")[0] == id.split("-")[0]), id)
        if id and id not in self.conversations:
            wire.json(404, {"message": "You have no such conversation.", "request_id": "r-1"})
        elif request.method == "DELETE":
            wire.json(200, {"id": self.conversations.pop(id)["id"]})
        elif request.method == "PATCH":
            self.conversations[id]["title"] = request.json()["title"]
            wire.json(200, self.conversations[id])
        elif id:
            shown = [
                {**turn, "rating": self.judged.get(f"{id.split('-')[0]}-{turn['number']}", {}).get("rating")}
                for turn in self.conversations[id]["shown"]
            ]
            wire.json(200, {**self.conversations[id], "shown": shown})
        else:
            search, start = request.query.get("search", "").lower(), int(request.query.get("after", 0))
            end = start + int(request.query["limit"])
            matches = [
                conversation for conversation in self.conversations.values() if search in conversation["title"].lower()
            ]
            listed = [
                {name: value for name, value in conversation.items() if name != "shown"}
                for conversation in matches[start:end]
            ]
            wire.json(200, {"conversations": listed, **({"after": str(end)} if len(matches) > end else {})})

    def share(self, id: str, **changes: Any) -> None:
        """Make a link to the first stored conversation."""
        of = next(iter(self.conversations.values()))
        dates = {"made": "2026-01-02T12:00:00Z", "until": "2026-01-09T12:00:00Z"}
        link = {"id": id, "title": of["title"], "turns": of["turns"], "by": "ada@example.com", "own": False}
        self.shared[id] = {**link, "groups": [], **dates, "shown": of["shown"], "withheld": 0, **changes}

    def _share(self, request: Request, wire: Wire, id: str) -> None:
        if request.method == "POST":
            self.requested.append(request.json())
            new = f"{len(self.shared):032x}"
            self.share(new, own=True, groups=request.json()["groups"])
            wire.json(200, self.shared[new])
        elif not id:
            visible = [link for link in self.shared.values() if link["own"] or request.query.get("everybody")]
            names = ("shown", "withheld")
            wire.json(200, {"links": [{k: v for k, v in link.items() if k not in names} for link in visible]})
        elif id not in self.shared:
            wire.json(404, {"message": "You cannot open this link.", "cause": "not-found", "request_id": "r-1"})
        elif request.method == "DELETE":
            wire.json(200, {"id": self.shared.pop(id)["id"]})
        elif not self.shared[id]["shown"]:
            wire.json(403, {"message": "You may not see its sources.", "cause": "not-allowed", "request_id": "r-1"})
        else:
            wire.json(200, self.shared[id])

    def _judge(self, request: Request, wire: Wire, id: str) -> None:
        if not id:
            wire.json(200, {"feedback": [*self.judged.values()]})
        elif request.method == "DELETE":
            wire.json(200, {"id": self.judged.pop(id)["id"]})
        else:
            question = next(reversed(self.requested))["question"]
            about = {"question": question, "answer": "Yes.", "documents": ["park"], "grounded": True, "model": "m"}
            self.judged[id] = {"id": id, "at": "2026-01-02T12:00:00Z", **about, **request.json()}
            wire.json(200, self.judged[id])

    def _prompt(self, request: Request, wire: Wire) -> None:
        """Read or publish prompts: `prompts` are the versions, newest first; a publication becomes the first."""
        if request.method == "GET":
            wire.json(200, {"versions": self.prompts, "always": "Say so if the passages do not hold the answer."})
            return
        given = request.json()
        latest = self.prompts[0]["number"]
        if given["after"] != latest:
            message = "another version was published since then."
            wire.json(400, {"message": f"After {message}", "cause": "invalid-request", "request_id": "r-1"})
            return
        earlier = next((each for each in self.prompts if each["number"] == given.get("number")), given)
        texts = {name: earlier[name] for name in ("system", "instructions")}
        about = {"note": given["note"], "restores": given.get("number"), "by": "olga@example.com"}
        version = {"number": latest + 1, **texts, **about, "at": "2026-01-02T12:00:00Z"}
        self.prompts.insert(0, version)
        wire.json(200, version)

    def _page(self, request: Request, wire: Wire, path: str) -> None:
        if path == "rag/session":
            self._session(request, wire)
            return
        cognito = self.sign_in == "cognito"
        settings = {
            "environment": "dev",
            "sign_in": self.sign_in,
            "api": "",
            "authorize_url": f"{self.pool.origin}/oauth2/authorize" if cognito else "",
            "logout_url": f"{self.pool.origin}/logout" if cognito else "",
            "client_id": CLIENT if cognito else "",
            "scope": f"openid {CHANGING}" if self.second_factor else "openid",
            "second_factor": self.second_factor,
            "visible_seconds": self.visible_seconds,
        }
        # The page's path may end with a slash; its key does not.
        stored = page_objects(WEB, settings).get(path.rstrip("/"))
        if stored is None:
            wire.json(404, ABSENT_FILE)
            return
        tag = f'"{hashlib.md5(stored.content, usedforsecurity=False).hexdigest()}"'
        headers = {**REVALIDATED, "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            wire.whole(304, headers, b"")
            return
        headers |= {"Content-Type": stored.media_type, "Content-Encoding": "gzip"}
        wire.whole(200, {**headers, "Content-Security-Policy": stored.policy}, stored.content)

    def _session(self, request: Request, wire: Wire) -> None:
        call = {
            "headers": request.headers,
            "body": request.body.decode() or None,
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "r-1",
                "domainName": self._origin.removeprefix("https://"),
                "path": request.path,
            },
        }
        environment = {
            "TOKEN_URL": f"{self.pool.origin}/oauth2/token",
            "REVOKE_URL": f"{self.pool.origin}/oauth2/revoke",
            "CLIENT_ID": CLIENT,
            "POOL_API": f"{self.pool.origin}/" if self.second_factor else "",
        }
        with _ENVIRONMENT, mock.patch.dict(os.environ, environment):
            given = session.handler(call, None)
        wire.whole(given["statusCode"], given["headers"], given["body"].encode())

    def _unsigned(self, request: Request) -> int | None:
        if self.sign_in == "cognito":
            return None if request.headers.get("authorization") in self.pool.tokens else 401
        return None if request.headers.get("x-api-key") == KEY else 403

    def _ask(self, request: Request, wire: Wire) -> None:
        self.requested.append(request.json())
        answers = self.answers or (lambda body: self._by_words(body["question"]))
        script = self.asks.pop(0) if self.asks else answers(request.json())
        if isinstance(script, Plain):
            refuse(wire, script)
        else:
            wire.stream(piece for part in script for piece in (part.pieces() if isinstance(part, Gate) else [part]))

    def _by_words(self, question: str) -> Script:
        """Answer with the documents that share a long word with the question, and a sentence of the first one."""
        words = _words(question)
        sources = [
            {
                "id": document["id"],
                "document": document["id"],
                "title": document["title"],
                "text": document["text"],
                "score": 0.84,
            }
            for document in self.documents.values()
            if words & _words(document["text"])
        ]
        if not sources:
            return [event("answer", **answer(ABSENT, [], model=None))]
        for source in sources:
            source["used"] = []
        first = re.split(r"(?<=[.!?]) ", sources[0]["text"])[0]
        sources[0]["used"] = [{"start": 0, "end": len(first), "score": 0.9}]
        return [event("stage", stage="answering"), event("answer", **answer(first, sources))]


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 4}
