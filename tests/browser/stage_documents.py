"""The documents of the stage: stored, listed and removed, in requests and in jobs."""

import base64
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from corpus.document import Unreadable
from corpus.formats import Reading
from corpus.source import read
from tests.browser.listener import Request, Wire

BODY_BYTES = 1_000_000
PASSAGE = 400
# The number of documents that one request stores.
BATCH = 100


@dataclass
class Plain:
    """An answer that is not a stream. API Gateway's own messages are a few words, those of the functions a sentence."""

    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


@dataclass(kw_only=True)
class StageDocuments:
    """`stores` are scripts for the next requests, `stored` the received ones, `audiences` the groups of its files.

    A document in `unseen` is stored, but no request finds it yet. Each request for `jobs` advances them by the
    documents of one request, unless `holds_jobs` is set. The person who is signed in has the `role`.
    """

    role: str = "owner"
    stores: list[Plain] = field(default_factory=list)
    stored: list[list[dict[str, Any]]] = field(default_factory=list)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    audiences: list[list[str] | None] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    holds_jobs: bool = False
    _parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    _files: dict[str, tuple[str, bytes, int]] = field(default_factory=dict)

    def add(self, identifier: str, title: str, text: str) -> None:
        self.documents[identifier] = {"id": identifier, "title": title, "text": text}

    def receive(self, request: Request, wire: Wire) -> None:
        if self.stores:
            refuse(wire, self.stores.pop(0))
            return
        if len(request.body) > BODY_BYTES:
            refuse(wire, Plain(413, "Request Entity Too Large"))
            return
        body = request.json()
        if "part" in body:
            wire.json(202, self._part(body["part"]))
            return
        file = body["file"]
        self.audiences.append(file.get("groups"))
        content = base64.b64decode(file["content"])
        results, more = self._batch(file["name"], content, 0)
        if more is None:
            stored = sum(result["status"] == "stored" for result in results)
            wire.json(200, {"documents": results, "stored": stored, "failed": len(results) - stored})
            return
        job = self._begun(file["name"], 1)
        self._files[job["id"]] = (file["name"], content, more)
        _note(job, results, more, ended=False)
        wire.json(202, job)

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs[part["job"]] if part["job"] else self._begun(part["name"], part["of"])
        parts = self._parts.setdefault(job["id"], {})
        parts[part["number"]] = base64.b64decode(part["content"])
        job["received"] = sorted(parts)
        if len(parts) == part["of"]:
            job["status"] = "waiting"
            self._files[job["id"]] = (part["name"], b"".join(parts[number] for number in sorted(parts)), 0)
        return job

    def _begun(self, name: str, parts: int) -> dict[str, Any]:
        id = f"{len(self.jobs):032x}"
        figures = {"progress": 0.0, "stored": 0, "failed": 0, "passages": 0, "message": None}
        self.jobs[id] = {"id": id, "name": name, "status": "receiving", "parts": parts, "received": [], **figures}
        self.jobs[id]["documents"] = []
        return self.jobs[id]

    def show_job(self, id: str, wire: Wire) -> None:
        job = self.jobs[id]
        if job["status"] in ("waiting", "running") and not self.holds_jobs:
            name, content, skip = self._files[id]
            results, more = self._batch(name, content, skip)
            self._files[id] = (name, content, more or 0)
            _note(job, results, more or 0, ended=more is None)
        wire.json(200, job)

    def _batch(self, name: str, content: bytes, skip: int) -> tuple[list[dict[str, Any]], int | None]:
        """Store BATCH documents of the file; returns their results, and where the rest begins, None without a rest."""
        batch: list[dict[str, Any]] = []
        results: list[dict[str, Any]] = []
        end, more = skip, None
        for entry in read(io.BytesIO(content), name, Reading("text"), skip):
            if len(batch) == BATCH:
                more = end
                break
            end += 1
            if isinstance(entry, Unreadable):
                message = f"{entry.where}: {entry.reason}"
                results.append({"id": entry.where, "status": "failed", "passages": 0, "message": message})
                continue
            document = {"id": entry.id, "title": entry.source.get("title"), "text": entry.source["text"]}
            batch.append(document)
            if "#" in document["id"]:
                results.append(
                    {"id": document["id"], "status": "failed", "passages": 0, "message": "An id holds no #."}
                )
            else:
                self.add(document["id"], document["title"] or "", document["text"])
                passages = len(cut(document["text"]))
                results.append(
                    {"id": document["id"], "title": document["title"], "status": "stored", "passages": passages}
                )
        self.stored.append(batch)
        return results, more

    def show_list(self, request: Request, wire: Wire) -> None:
        limit, after = int(request.query["limit"]), request.query.get("after", "")
        search, order = request.query.get("search", "").lower(), request.query.get("order")
        backwards = order == "desc"
        names_matching = [
            name
            for name, document in self.documents.items()
            if search in name.lower() or search in str(document["title"]).lower()
        ]
        names = sorted((name for name in names_matching if not after or (name > after) != backwards), reverse=backwards)
        names = [name for name in names if name != after]
        more = {"after": names[limit - 1]} if len(names) > limit else {}
        if order in ("newest", "oldest"):
            # The stage keeps documents in the order in which they were added.
            names = (names_matching[::-1] if order == "newest" else names_matching)[int(after or 0) :]
            more = {"after": str(int(after or 0) + limit)} if len(names) > limit else {}
        days = {name: day for day, name in enumerate(self.documents)}
        listed = [
            {
                "id": name,
                "title": self.documents[name]["title"],
                "passages": len(cut(self.documents[name]["text"])),
                "groups": self.documents[name].get("groups", []),
                "original": "digest" if name in self.links else None,
                "removable": self.role == "owner" or self.documents[name].get("own", False),
                "loaded": f"{date(2026, 1, 1) + timedelta(days[name])}T12:00:00Z",
            }
            for name in names[:limit]
        ]
        wire.json(200, {"documents": listed, **more})


def _note(job: dict[str, Any], results: list[dict[str, Any]], settled: int, *, ended: bool) -> None:
    job["documents"] += results
    job["stored"] += sum(result["status"] == "stored" for result in results)
    job["failed"] += sum(result["status"] != "stored" for result in results)
    job["passages"] += sum(result["passages"] for result in results)
    job["status"] = "done" if ended else "running"
    job["progress"] = 1.0 if ended else settled / (settled + BATCH)


def refuse(wire: Wire, refusal: Plain) -> None:
    headers = {name.replace("-", "_"): value for name, value in refusal.headers.items()}
    wire.json(refusal.status, refusal.body or {"message": refusal.message}, **headers)


def cut(text: str) -> list[str]:
    return [text[start : start + PASSAGE] for start in range(0, len(text), PASSAGE)]
