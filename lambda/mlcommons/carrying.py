"""Copies the documents of one index to another through its pipeline, while searches and writes continue.

After `move` the alias names the new index, which has every document once, as it was last written. docs/decisions/0013
explains why nothing is lost.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from calls.count_of import count_of
from calls.redaction import redacted
from calls.starting import is_starting
from mlcommons.client import Client, path_of
from mlcommons.errors import EngineThrottled, InvalidSpec, ProvisioningError, Unready
from mlcommons.index_counts import last_write, tally, without
from mlcommons.index_version import NO_PIPELINE, IndexVersion, cancel_reindex, give, index_versions, tasks
from mlcommons.translation import reason_of
from mlcommons.versions import scrolled_at_once

EVERYTHING = -1
# The rounds of copying end when a round copies at most this many documents. Writers wait only for the rest.
FEW = 200
MOST_ROUNDS = 10
SLICES = 4
PAGE = 1000
DRAINING = 120.0
_BLOCK, _PIPELINE = "index.blocks.write", "index.default_pipeline"
_PASSING = re.compile(r"\b(429|502|503|504)\b|throttl|too many requests", re.IGNORECASE)

log = logging.getLogger(__name__)


def move(client: Client, alias: str, old: IndexVersion, new: IndexVersion) -> None:
    """Copy `old` to `new` and move the alias to it.

    Raises `ProvisioningError` only before the alias has moved; then `old` takes writes again.
    """
    if new.is_frozen:
        thaw(client, new)
    carrying = _Carrying(client, alias, old, new)
    since = carrying.rounds()
    carrying.freeze()
    try:
        carrying.last(since)
        _given(client, alias, old, new)
    except ProvisioningError:
        carrying.open()
        raise
    carrying.settle()


def thaw(client: Client, index: IndexVersion) -> None:
    """Remove the write block of an index, and restore its pipeline."""
    client.put(path_of(index.name, "_settings"), {_BLOCK: None, _PIPELINE: index.pipeline})


def _given(client: Client, alias: str, old: IndexVersion, new: IndexVersion) -> None:
    """Move the alias; a lost answer is no failure."""
    while True:
        try:
            return give(client, alias, new.name, old.name)
        except ProvisioningError as error:
            if [version.name for version in index_versions(client, alias) if version.bears(alias)] == [new.name]:
                return None
            if not client.outlast(error):
                raise


def refused_copy(tried: str, failure: Mapping[str, Any]) -> ProvisioningError:
    """Return the error for a document that the new index refuses; `failure` is one of those in a `_reindex` answer."""
    reasons = reason_of({"error": failure.get("cause") or failure.get("reason")})
    said = redacted(f"document {failure.get('id')!r} was refused with {failure.get('status')}: {reasons}")
    kind = EngineThrottled if _PASSING.search(said) or is_starting(said) else Unready
    return kind(tried, said, "Correct or remove that document, then deploy again.")


class _Carrying:
    def __init__(self, client: Client, alias: str, old: IndexVersion, new: IndexVersion) -> None:
        self._client, self._alias, self._old, self._new = client, alias, old, new
        self._tried = f"Copying the documents of {old.name} to {new.name}"
        self._bare, self._upto = 0, EVERYTHING
        self._until = client.patience.elapsed() + client.patience.left() * 0.9

    def rounds(self) -> int:
        """Copy all documents, then those written meanwhile, until few are left; returns the last write's number.

        If an earlier move copied `new` to `old`, `new` still has those documents. Then only later writes are copied.
        """
        cancel_reindex(self._client, self._new.name)
        given = self._old.meta.get("carried", {})
        since = int(given["upto"]) if given.get("from") == self._new.uuid else EVERYTHING
        for _ in range(MOST_ROUNDS):
            upto = last_write(self._client, self._old)
            carried = self._carry(since)
            since = upto
            if carried <= FEW:
                break
        self._remove_surplus()
        return since

    def freeze(self) -> None:
        """Block writes to `old`, and return when the writes in progress have ended.

        The pipeline is removed too: then the old model embeds no further write, so no old vector reaches the new index.
        """
        self._in_time()
        frozen = {_BLOCK: True, _PIPELINE: NO_PIPELINE}
        self._client.put(path_of(self._old.name, "_settings"), frozen)
        try:
            self._drain()
        except ProvisioningError:
            self.open()
            raise

    def open(self) -> None:
        """Remove the write block of `old`; if that fails, CloudFormation's rollback does it."""
        try:
            thaw(self._client, self._old)
        except ProvisioningError as error:
            log.warning({"takes no writes": self._old.name, "because": str(error)})

    def last(self, since: int) -> None:
        """Copy the rest of the blocked index, check that both indexes are equal, and note the last write."""
        self._carry(since)
        wanted, seen = tally(self._client, self._old), tally(self._client, self._new)
        if seen.documents > wanted.documents:
            self._remove_surplus()
            seen = tally(self._client, self._new)
        if seen.documents != wanted.documents:
            cause = f"only {seen.documents} of {wanted.documents} documents arrived"
            raise Unready(self._tried, cause, "Stop other writers of the new index, then deploy again.")
        if seen.bare > wanted.bare:
            cause = f"{seen.bare - wanted.bare} of them got no vector from the pipeline {self._new.pipeline}"
            raise InvalidSpec(self._tried, cause, "Check that they have the text field that it embeds.")
        self._bare, self._upto = seen.bare, last_write(self._client, self._new)

    def settle(self) -> None:
        """Note up to which write `new` equals `old`, and embed the documents without a vector.

        Such documents were sent to `old` while it had no pipeline, and were stored in `new`.
        """
        try:
            carried = {"from": self._old.uuid, "upto": self._upto}
            self._client.put(path_of(self._new.name, "_mapping"), {"_meta": {**self._new.meta, "carried": carried}})
            self._drain()
            self._client.post(path_of(self._new.name, "_refresh"))
            if self._new.pipeline and tally(self._client, self._new).bare > self._bare:
                self._by_query("_update_by_query", without(self._new.vectors), pipeline=self._new.pipeline)
        except ProvisioningError as error:
            log.warning({"the alias has moved": self._alias, "left undone": str(error)})

    def _carry(self, since: int) -> int:
        """Copy the documents written after number `since`; returns their number."""
        self._client.post(path_of(self._old.name, "_refresh"))
        while True:
            try:
                return self._copied({"range": {"_seq_no": {"gt": since}}})
            except EngineThrottled as error:
                if not self._is_time or not self._client.outlast(error):
                    raise

    def _copied(self, query: dict[str, Any]) -> int:
        answer = self._copy(query, scrolled_at_once(self._client.version))
        if failures := answer.get("failures"):
            error = refused_copy(self._tried, failures[0])
            if not isinstance(error, EngineThrottled):
                # A model refuses all texts of a call if it refuses one, so these documents are copied one by one.
                alone = self._copy({"ids": {"values": [failure["id"] for failure in failures if "id" in failure]}}, 1)
                error = refused_copy(self._tried, (alone.get("failures") or failures)[0])
            raise error
        return int(answer.get("total", 0))

    def _copy(self, query: dict[str, Any], size: int) -> dict[str, Any]:
        excluded = {"excludes": self._old.embedded}
        source = {"index": self._old.name, "query": query, "size": size, "_source": excluded}
        body = {"conflicts": "proceed", "source": source, "dest": {"index": self._new.name}}
        options = {"wait_for_completion": "false", "slices": str(SLICES), "refresh": "true"}
        return self._result(str(self._client.post("/_reindex", body, **options)["task"]))

    def _result(self, task: str) -> dict[str, Any]:
        attempt = 0
        while True:
            seen = self._client.find(path_of("_tasks", task))
            if seen is None:
                raise Unready(self._tried, "the task is gone, because its node stopped", "Deploy again.")
            if seen.get("completed"):
                if "error" in seen:
                    raise Unready(self._tried, str(seen["error"].get("reason")), "Deploy again.")
                return dict(seen["response"])
            if not self._is_time or not self._client.patience.wait(min(attempt, 3)):
                still = self._still_copied()
                status = seen["task"].get("status", {})
                # The status of a sliced task covers only the slices that have ended, so not all documents.
                done = status.get("created", 0) + status.get("updated", 0)
                raise self._late(f"only {done} of {tally(self._client, self._old).documents} documents{still}")
            attempt += 1

    def _still_copied(self) -> str:
        """Cancel the copying; the addition to a sentence if it does not end."""
        try:
            cancel_reindex(self._client, self._new.name)
        except Unready as error:
            return f", and {error.reason}"
        return ""

    def _remove_surplus(self) -> None:
        """Remove the documents of `new` that are no longer in `old`."""
        self._client.post(path_of(self._new.name, "_refresh"))
        made = self._client.post(path_of(self._new.name, "_search", "point_in_time"), keep_alive="1m")
        view = {"pit": {"id": made["pit_id"], "keep_alive": "1m"}, "sort": ["_doc"], "size": PAGE, "_source": False}
        while hits := self._client.post("/_search", view)["hits"]["hits"]:
            self._in_time()
            ids = {"ids": [hit["_id"] for hit in hits]}
            documents = self._client.post(path_of(self._old.name, "_mget"), ids, _source="false")["docs"]
            if gone := [document["_id"] for document in documents if not document.get("found")]:
                self._by_query("_delete_by_query", {"ids": {"values": gone}})
            view["search_after"] = hits[-1]["sort"]

    def _by_query(self, verb: str, query: dict[str, Any], **options: str) -> None:
        size = scrolled_at_once(self._client.version)
        options |= {"conflicts": "proceed", "refresh": "true", "scroll_size": str(size)}
        self._client.post(path_of(self._new.name, verb), {"query": query}, **options)

    def _drain(self) -> None:
        """Return when the current writes to the alias and to the old index have ended."""
        patience = self._client.patience
        named = re.compile(rf"[\[ ]({re.escape(self._alias)}|{re.escape(self._old.name)})[\],]")

        def under_way() -> set[str]:
            return {id for id, task in tasks(self._client, "indices:data/write/*").items() if named.search(task)}

        since, attempt, waiting = patience.elapsed(), 0, under_way()
        while waiting:
            if patience.elapsed() - since > DRAINING or not patience.wait(min(attempt, 2)):
                cause = f"still waiting for {count_of(len(waiting), 'write')}"
                raise Unready(self._tried, cause, "Stop the writers, then deploy again.")
            waiting &= under_way()
            attempt += 1

    @property
    def _is_time(self) -> bool:
        return self._client.patience.elapsed() < self._until

    def _in_time(self) -> None:
        if not self._is_time:
            raise self._late("all documents except the last ones")

    def _late(self, what: str) -> Unready:
        hint = "Raise timeouts.provisioning (900 at most), or load the documents into an index of another name."
        return Unready(self._tried, f"the time was enough for {what}", hint)
