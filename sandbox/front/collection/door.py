"""The entrance to one collection: identifies the caller, checks permissions and the operation, calls the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote

from sandbox.front.authority import Authority, Signer
from sandbox.front.collection.bulk import NO_ID, read_bulk, with_refusals, write_bulk
from sandbox.front.collection.names import Names, named, parts
from sandbox.front.collection.operation import CREATE, Operation, operation
from sandbox.front.collection.policy import permits, reachable
from sandbox.front.collection.record import CollectionRecord, Policies
from sandbox.front.collection.vectors import answer_outward, index_inward, mapping_inward, settings_inward
from sandbox.front.document import decoded, encoded, readable
from sandbox.front.engine import EngineConnections
from sandbox.front.refusal import (
    CollectionForbidden,
    IncompleteSignature,
    InvalidArgument,
    NotOffered,
    SignatureRefusal,
    UnsupportedOperation,
)
from sandbox.front.replay import Replays
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.signature import read_signature, verify_digest, verify_scope, verify_time

SERVICE, ACTION = "aoss", "aoss:APIAccessAll"
_JSON = ("Content-Type", "application/json")


class CollectionDoor:
    """Answers the requests to one collection. A data policy applies when it is at least `young` seconds old."""

    def __init__(
        self,
        collection: CollectionRecord,
        authority: Authority,
        engine: EngineConnections,
        policies: Policies,
        replays: Replays,
        young: float,
    ) -> None:
        self.collection = collection
        self._authority = authority
        self._engine = engine
        self._policies = policies
        self._replays = replays
        self._young = young
        self._names = Names(collection.prefix)

    def respond(self, request: FrontRequest) -> FrontResponse:
        caller = self._admit(request)
        called = operation(request)
        request = readable(request)
        _check_parameters(request)
        if called.action == "_bulk":
            return self._bulk(request, called, caller)
        self._permit(caller, called.permission, self._indexes(request, called))
        if called.names_document and request.method != "DELETE" and self._makes_ids:
            raise InvalidArgument(NO_ID)
        if called.writes_documents:
            self._permit_creation(caller, parts(called.indexes))
        body = self._body(request, called)
        if body == b"{}" and called.action == "_settings":
            return FrontResponse(200, (_JSON,), b'{"acknowledged":true}')
        answer = self._forward(request.with_body(body), called)
        if called.permission == "aoss:DescribeIndex" and called.action in ("", "_mapping", "_mappings"):
            content = decoded(answer.body)
            return answer if content is None else answer.with_body(encoded(answer_outward(content)))
        return answer

    @property
    def _makes_ids(self) -> bool:
        """Whether only the collection chooses document ids."""
        return self.collection.type != "SEARCH"

    def _admit(self, request: FrontRequest) -> Signer:
        here = self.collection
        try:
            caller = self._verified(request)
        except SignatureRefusal as refusal:
            raise CollectionForbidden(f"the signature was refused: {refusal}") from refusal
        context = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "true", "aoss:collection": here.name}
        reason = self._authority.denial(caller, ACTION, here.arn, context)
        if reason is not None:
            raise CollectionForbidden(f"{caller.arn} may not perform {ACTION} on {here.arn} {reason}")
        endpoints = self._policies.vpc_endpoints(here.account, here.region)
        if not reachable(self._policies.network(here.account, here.region), here.name, endpoints):
            raise CollectionForbidden(f"no network policy opens collection/{here.name}")
        return caller

    def _verified(self, request: FrontRequest) -> Signer:
        signature = read_signature(request)
        if signature is None:
            raise IncompleteSignature("the request is not signed")
        if request.header("x-amz-content-sha256") is None:
            raise IncompleteSignature("the header x-amz-content-sha256 is missing")
        verify_scope(signature, self.collection.region, SERVICE)
        verify_time(signature, datetime.now(UTC))
        credential = self._authority.credential(signature.access_key, signature.token)
        verify_digest(signature, request, credential.secret_key)
        self._replays.verify(signature)
        return credential.caller

    def _permit(self, caller: Signer, permission: str, indexes: Iterable[str]) -> None:
        for index in indexes:
            if not self._permits(caller, permission, index):
                raise CollectionForbidden(
                    f"no data access policy grants {caller.principal_arn} {permission} on "
                    f"index/{self.collection.name}/{index}"
                )

    def _permits(self, caller: Signer, permission: str, index: str) -> bool:
        here = self.collection
        policies = self._policies.data(here.account, here.region)
        resource = f"index/{here.name}/{index.removeprefix('-')}"
        return permits(policies, {caller.arn, caller.principal_arn}, resource, permission, self._young)

    def _permit_creation(self, caller: Signer, indexes: Iterable[str]) -> None:
        """The engine creates a missing index with its first document, so the caller needs the permission for that."""
        for index in set(indexes):
            if self._permits(caller, CREATE, index):
                continue
            target = f"/{quote(self._names.inward(index), safe='')}"
            if self._engine.forward(FrontRequest("HEAD", target, ()), self.collection.arn).status == 404:
                self._permit(caller, CREATE, [index])

    def _indexes(self, request: FrontRequest, called: Operation) -> list[str]:
        """Every index that the path or the body names."""
        if called.action == "_msearch":
            headers = _lines(request.body)[::2]
            return list(named((h if "index" in h else {**h, "index": called.indexes} for h in headers), "index"))
        if called.action == "_mget" and isinstance(body := decoded(request.body), dict):
            documents = [doc for doc in body.get("docs", ()) if isinstance(doc, dict) and "_index" in doc]
            return [*named(documents, "_index"), *(parts(called.indexes) if called.indexes or not documents else ())]
        return parts(called.indexes)

    def _body(self, request: FrontRequest, called: Operation) -> bytes:
        """The request's body in the form for the engine."""
        if called.action == "_msearch":
            lines = _lines(request.body)
            for position in range(0, len(lines), 2):
                header = lines[position]
                lines[position] = self._names.header({"index": called.indexes, **header} if called.indexes else header)
            return b"\n".join([*map(encoded, lines), b""])
        body = decoded(request.body)
        if not isinstance(body, dict):
            return request.body
        match called.action, called.permission:
            case "", "aoss:CreateIndex":
                return encoded(index_inward(body, self.collection.generation))
            case "_mapping" | "_mappings", "aoss:UpdateIndex":
                return encoded(mapping_inward(body, self.collection.generation))
            case "_settings", "aoss:UpdateIndex":
                return encoded(settings_inward(body))
            case "_mget", _:
                return encoded(self._names.mget(body))
        return request.body

    def _bulk(self, request: FrontRequest, called: Operation, caller: Signer) -> FrontResponse:
        actions = read_bulk(request.body, called.indexes)
        indexes = {action.index for action in actions}
        self._permit(caller, called.permission, indexes)
        self._permit_creation(caller, indexes)
        kept = [action for action in actions if not (self._makes_ids and action.names_document)]
        if actions and not kept:
            return FrontResponse(200, (_JSON,), encoded(with_refusals({"took": 0}, actions)))
        answer = self._forward(request.with_body(write_bulk(kept, self._names)), replace(called, indexes=None))
        content = decoded(answer.body)
        if len(kept) == len(actions) or answer.status != 200 or not isinstance(content, dict):
            return answer
        return answer.with_body(encoded(with_refusals(content, actions)))

    def _forward(self, request: FrontRequest, called: Operation) -> FrontResponse:
        target = self._target(request, called)
        answer = self._engine.forward(replace(request.uncompressed(), target=target), self.collection.arn)
        if answer.status == 403:
            raise CollectionForbidden(f"the engine refused it: {answer.body[:500].decode(errors='replace')}")
        headers = tuple(
            (name, self._names.outward(value.encode("latin-1")).decode("latin-1")) for name, value in answer.headers
        )
        return replace(answer, headers=headers, body=self._names.outward(answer.body))

    def _target(self, request: FrontRequest, called: Operation) -> str:
        """The path in the engine. If a path names no index, it gets all indexes of the collection where possible."""
        indexes = quote(self._names.inward(called.indexes), safe="*,")
        argument = [] if called.argument is None else [quote(called.argument, safe="")]
        if called.action in ("_cat", "_resolve"):
            segments = [called.action, *argument, indexes]
        elif called.indexes is None and called.action in ("_bulk", "_mget", "_msearch", "_analyze"):
            segments = [called.action]
        else:
            segments = [part for part in (indexes, called.action, *argument) if part]
        return "/" + "/".join(segments) + (f"?{request.query}" if request.query else "")


def _check_parameters(request: FrontRequest) -> None:
    parameters = parse_qs(request.query, keep_blank_values=True)
    refresh = parameters.get("refresh", ["false"])[-1] or "true"
    if refresh != "false":
        raise InvalidArgument(f"{refresh} refresh policy is not supported.", "status_exception")
    if "scroll" in parameters:
        raise UnsupportedOperation("OpenSearch Serverless has no scroll")
    if parameters.keys() & {"pipeline", "search_pipeline"}:
        raise NotOffered("Pipelines exist on Amazon; the local cloud keeps none for collections.")


def _lines(body: bytes) -> list[dict[str, Any]]:
    """The JSON objects of a `_msearch` body: a header and a query alternate. An empty line is an empty header."""
    lines = [decoded(line) if line.strip() else {} for line in body.rstrip(b"\n").split(b"\n")]
    if not all(isinstance(line, dict) for line in lines):
        raise InvalidArgument("Malformed content, found a line that is no object", "parse_exception")
    return lines
