"""Which objects of an engine an environment adopts, and why it leaves others unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from osml.failure import Failure
from osml.takeover.contents import Bodies, Contents, owner_of
from osml.takeover.provider import Recognised, Unrecognised, recognise
from osml.takeover.tree import processors
from settings.index import FIELD

_RAG = "retrieval_augmented_generation"
# The keys that an answer pipeline may have.
_PLAIN = {"description", "version", "processors", "request_processors", "response_processors"}


@dataclass(frozen=True)
class ModelChoice:
    """A model with its group and its connector, by their ids, and the settings of the provider."""

    model: str
    group: str
    connector: str
    provider: Recognised


@dataclass(frozen=True)
class Choice:
    """Objects to adopt, by id or name; None where there is none.

    `left` are sentences about objects that no settings express, and that stay as they are.
    """

    index: str | None
    ingest_pipeline: str | None
    search_pipeline: str | None
    answer_pipeline: str | None
    embedding: ModelChoice | None
    answer: ModelChoice | None
    text_field: str = "text"
    embedding_field: str = "embedding"
    id_field: str = "id"
    left: tuple[str, ...] = ()


class Inexpressible(Exception):
    """An object cannot be expressed by settings; the sentence says why."""


@dataclass(frozen=True)
class Chooser:
    """Chooses for the stack `stack`; `secrets` has the name of the secret of each group of settings."""

    contents: Contents
    stack: str
    secrets: dict[str, str]

    def choose(self, index: str | None = None, pipeline: str | None = None) -> Choice:
        """Adopt `index` and the answer `pipeline`, or the only ones that can be adopted.

        Raises Failure when nothing can be adopted, or when there are several and none is named.
        """
        left: list[str] = []
        indexes = self._those(self.contents.indexes, self._index, left, "index", index)
        answers = self._those(self.contents.search_pipelines, self._answer, left, "search pipeline", pipeline)
        name = only(list(indexes), "index", "--index")
        answer_name = only(list(answers), "search pipeline that answers", "--pipeline")
        answer = answers[answer_name] if answer_name else None
        if name:
            return Choice(index=name, answer_pipeline=answer_name, answer=answer, left=tuple(left), **indexes[name])
        alone = self._alone(left)
        embedding, answer = alone.get("embedding"), answer or alone.get("answer")
        if not (embedding or answer):
            raise Failure(f"The domain has nothing that an environment can adopt. {' '.join(left)}".rstrip())
        return Choice(None, None, None, answer_name, embedding, answer, left=tuple(left))

    def _those(self, there: Bodies, read: Any, left: list[str], kind: str, named: str | None) -> dict[str, Any]:
        if named is not None and named not in there:
            raise Failure(f"The domain has no {kind} {named}. It has {', '.join(sorted(there)) or 'none'}.")
        adoptable = {}
        for name in sorted(there) if named is None else [named]:
            try:
                chosen = read(name)
            except Inexpressible as reason:
                if named is not None:
                    raise Failure(f"The {kind} {name} cannot be adopted: {reason}.") from None
                left.append(f"The {kind} {name} is not changed: {reason}.")
            else:
                if chosen is not None:
                    adoptable[name] = chosen
        return adoptable

    def _index(self, name: str) -> dict[str, Any]:
        body = self.contents.indexes[name]
        self._free(body)
        settings, fields = body["settings"]["index"], body.get("mappings", {}).get("properties", {})
        pipeline = settings.get("default_pipeline")
        if pipeline not in self.contents.ingest_pipelines:
            raise Inexpressible("it has no ingest pipeline that embeds its text")
        text, vector, model = self._embeds(pipeline)
        if fields.get(vector, {}).get("type") != "knn_vector":
            raise Inexpressible(f"its field {vector} is not a knn_vector")
        allowed = {"document": {"keyword"}, "id": {"keyword", "text"}, "osml": set()}
        for field, types in allowed.items():
            kind = fields.get(field, {}).get("type", "object") if field in fields else None
            ours = field == "osml" and owner_of(body) is not None
            if kind and kind not in types and not ours:
                raise Inexpressible(
                    f"its field {field} is of the type {kind}, but osml needs this field for another purpose"
                )
        return {
            "ingest_pipeline": pipeline,
            "search_pipeline": self._finds(settings.get("search", {}).get("default_pipeline"), model.model),
            "embedding": model,
            "text_field": text,
            "embedding_field": vector,
        }

    def _embeds(self, pipeline: str) -> tuple[str, str, ModelChoice]:
        body = self.contents.ingest_pipelines[pipeline]
        self._free(body)
        ours = owner_of(body) is not None and "text_embedding" in processors(body)
        if processors(body) != ["text_embedding"] and not ours:
            named = ", ".join(processors(body)) or "none"
            raise Inexpressible(f"its ingest pipeline {pipeline} has the processors {named}, not text_embedding alone")
        step = next(step["text_embedding"] for step in body["processors"] if "text_embedding" in step)
        pairs = list(step.get("field_map", {}).items())
        if len(pairs) != 1 or not all(re.fullmatch(FIELD, str(name)) for name in pairs[0]):
            raise Inexpressible(f"its ingest pipeline {pipeline} does not embed exactly one field into one")
        return str(pairs[0][0]), str(pairs[0][1]), self._model(step["model_id"], "embedding")

    def _finds(self, pipeline: str | None, model: str) -> str | None:
        """The index's search pipeline if it only names the model of questions, else None."""
        body = self.contents.search_pipelines.get(pipeline or "")
        if body is None or processors(body) != ["neural_query_enricher"]:
            return None
        enrich = body["request_processors"][0]["neural_query_enricher"]
        return pipeline if enrich.get("default_model_id") == model and self._is_free(body) else None

    def _answer(self, name: str) -> ModelChoice | None:
        body = self.contents.search_pipelines[name]
        if _RAG not in processors(body):
            return None
        self._free(body)
        if processors(body) != [_RAG] or not body.keys() <= _PLAIN:
            raise Inexpressible(f"it has the processors {', '.join(processors(body))}, not {_RAG} alone")
        step = body["response_processors"][0][_RAG]
        if len(step.get("context_field_list", [])) != 1:
            raise Inexpressible("it answers from several fields")
        return self._model(step["model_id"], "answer")

    def _alone(self, left: list[str]) -> dict[str, ModelChoice]:
        """The models to adopt without an index, by the group of their settings. Of several, none is chosen."""
        groups: dict[str, list[ModelChoice]] = {"embedding": [], "answer": []}
        for id, body in self.contents.models.items():
            try:
                self._free(body)
                for group, models in groups.items():
                    with_settings = self._recognised(id)
                    if with_settings.group == group:
                        models.append(self._model(id, group))
            except Inexpressible as reason:
                left.append(f"The model {body.get('name')} ({id}) is not changed: {reason}.")
        left += [
            f"{len(models)} models for {group} exist; none is chosen."
            for group, models in groups.items()
            if len(models) > 1
        ]
        return {group: models[0] for group, models in groups.items() if len(models) == 1}

    def _model(self, id: str, group: str) -> ModelChoice:
        body = self.contents.models.get(id)
        if body is None:
            raise Inexpressible(f"its model {id} does not exist")
        self._free(body)
        connector, model_group = body.get("connector_id"), body.get("model_group_id")
        if model_group not in self.contents.groups:
            raise Inexpressible(f"its model {id} has no model group")
        provider = self._recognised(id)
        if provider.group != group:
            raise Inexpressible(f"its model {id} is one for {provider.group}")
        return ModelChoice(id, str(model_group), str(connector), provider)

    def _recognised(self, id: str) -> Recognised:
        body = self.contents.models[id]
        connector = self.contents.connectors.get(str(body.get("connector_id")))
        if connector is None:
            raise Inexpressible(f"its model {id} has no connector: it runs in the engine, or the connector is gone")
        known = recognise(connector, "")
        if isinstance(known, Unrecognised):
            raise Inexpressible(
                f"the connector {connector.get('name')} cannot be expressed by settings: {known.reason}"
            )
        again = recognise(connector, self.secrets[known.group])
        assert isinstance(again, Recognised)  # noqa: S101 for the type checker
        return again

    def _free(self, body: dict[str, Any]) -> None:
        if not self._is_free(body):
            raise Inexpressible(f"it belongs to the stack {getattr(owner_of(body), 'stack', None)}")

    def _is_free(self, body: dict[str, Any]) -> bool:
        owner = owner_of(body)
        return owner is None or owner.stack == self.stack


def only(names: list[str], kind: str, option: str, place: str = "domain") -> str | None:
    """The only name, None if there is none. Raises Failure if there are several."""
    if len(names) > 1:
        raise Failure(f"The {place} has more than one {kind}: {', '.join(names)}. Choose with {option} NAME.")
    return names[0] if names else None


def problems(contents: Contents, choice: Choice) -> Iterator[str]:
    """Sentences about keys that stay in adopted connectors, which a person should know."""
    for model in (choice.embedding, choice.answer):
        if model and model.provider.holds_key:
            name = contents.connectors[model.connector].get("name")
            yield (
                f"The connector {name} contains a key. The key stays there until you store it in a secret and remove "
                f"adopted.{model.provider.group} from the file."
            )
