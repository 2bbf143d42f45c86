"""Mappings in requests to a domain's engine and in its answers: replaces the k-NN engine of their vector fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from sandbox.front.document import decoded, encoded, readable
from sandbox.front.engine import EngineConnections
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.vectors import Fields, WrittenFields, lucene_inward, refuse_training, refused_by, says_knn, warning

Forward = Callable[[FrontRequest], FrontResponse]
_MAPPING = ("_mapping", "_mappings")
_TEMPLATES = ("_index_template", "_component_template", "_template")


class MappingGate:
    """Handles requests that make, change or show a mapping, for an engine without native vector libraries."""

    def __init__(self, engine: EngineConnections) -> None:
        self._engine = engine
        self._written = WrittenFields()

    def respond(self, request: FrontRequest, forward: Forward) -> FrontResponse | None:
        """The answer to a request about a mapping; None for any other request, which the caller passes on.

        Raises `NotOffered` for a request that needs a trained model.
        """
        segments = request.segments()
        if request.method in ("PUT", "POST") and segments:
            refuse_training(segments)
            if _is_index(segments) or segments[1:2] == ("_rollover",):
                return self._make(readable(request), segments[0], forward)
            if segments[1:2] and segments[1] in _MAPPING:
                return self._change(readable(request), segments[0], forward)
            if segments[0] in _TEMPLATES:
                return self._template(readable(request), forward)
        if request.method == "GET" and (_is_index(segments) or (segments and segments[-1] in _MAPPING)):
            return self._shown(forward(request.uncompressed()))
        return None

    def _make(self, request: FrontRequest, index: str, forward: Forward) -> FrontResponse:
        body = decoded(request.body)
        fields = self._inward(body, says_knn(body.get("settings")) or False) if isinstance(body, dict) else {}
        answer = forward(request.with_body(encoded(body)) if fields else request)
        if answer.status == 200:
            self._written.remember(index, fields, made=True)
        return _warned(answer, fields)

    def _change(self, request: FrontRequest, names: str, forward: Forward) -> FrontResponse:
        body = decoded(request.body)
        if not isinstance(body, dict):
            return forward(request)
        path = f"/{quote(names, safe='*,')}/_settings?flat_settings=true&expand_wildcards=all"
        status, described = self._engine.administer("GET", path)
        indexes = described if status == 200 else {}
        knn = any(says_knn(index.get("settings")) for index in indexes.values())
        fields = lucene_inward(body, knn=knn, refused=self._refused)
        answer = forward(request.with_body(encoded(body)) if fields else request)
        if answer.status == 200:
            for index in indexes:
                self._written.remember(index, fields, made=False)
        return _warned(answer, fields)

    def _template(self, request: FrontRequest, forward: Forward) -> FrontResponse:
        body = decoded(request.body)
        inner = body.get("template", body) if isinstance(body, dict) else None
        # A component template may leave the setting `index.knn` to another template.
        fields = self._inward(inner, says_knn(inner.get("settings")) is not False) if isinstance(inner, dict) else {}
        return _warned(forward(request.with_body(encoded(body)) if fields else request), fields)

    def _inward(self, body: dict[str, Any], knn: bool) -> Fields:
        mappings = body.get("mappings")
        return lucene_inward(mappings, knn=knn, refused=self._refused) if isinstance(mappings, dict) else {}

    @property
    def _refused(self) -> frozenset[str]:
        return refused_by(self._engine.major)

    def _shown(self, answer: FrontResponse) -> FrontResponse:
        described = decoded(answer.body) if answer.status == 200 else None
        return answer.with_body(encoded(described)) if self._written.outward(described) else answer


def _is_index(segments: tuple[str, ...]) -> bool:
    return len(segments) == 1 and not segments[0].startswith("_")


def _warned(answer: FrontResponse, fields: Fields) -> FrontResponse:
    if not fields or answer.status != 200:
        return answer
    return replace(answer, headers=(*answer.headers, ("Warning", warning(fields))))
