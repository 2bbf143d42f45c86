"""The environment file of what is adopted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from osml.takeover.choice import Choice, ModelChoice
from osml.takeover.contents import Contents
from settings.amazon_versions import not_newer
from settings.index import IndexSettings
from settings.recipe import recipe_with
from settings.schema import FIRST_LINE

# For an environment whose engine embeds nothing yet.
TITAN = {"provider": "titan", "dimension": 1024}
_SPACES = ("cosinesimil", "l2", "innerproduct")
COMMENT = "# Objects of others, as `osml import` read them. A line of `adopted` keeps an object unchanged."


@dataclass(frozen=True)
class AdoptedDomain:
    """A domain of Amazon OpenSearch Service; `admin_role` may change role mappings there."""

    endpoint: str
    arn: str
    admin_role: str | None = None


def draft(
    contents: Contents,
    choice: Choice,
    domain: AdoptedDomain,
    alias: str,
    index_version: str | None = None,
    *,
    dimension: int | None = None,
) -> str:
    """The text of the file; `dimension` is that of the embedding model's vectors."""
    answer, embedding = choice.answer, choice.embedding
    provider = answer.provider.settings["provider"] if answer else None
    field = _vector_field(contents, choice)
    method = field.get("method", {})
    engine = method.get("engine")
    settings: dict[str, Any] = {
        "recipe": recipe_with("answer.provider", provider) if answer else "semantic-search",
        "region": domain.arn.split(":")[3],
        "search": {
            "kind": "existing",
            "endpoint": domain.endpoint,
            "domain_arn": domain.arn,
            **({"admin_role": domain.admin_role} if domain.admin_role else {}),
            "engine_version": not_newer("OpenSearch_" + ".".join(contents.version.split(".")[:2])),
            **({"vector_engine": engine} if engine in ("faiss", "lucene") else {}),
        },
        "embedding": _embedding(embedding, field.get("dimension", dimension)),
        **({"answer": answer.provider.settings} if answer else {}),
        "index": _index(contents, choice, alias, field),
        # Existing documents lack the field in which hybrid search looks for words.
        **({"retrieval": {"hybrid": False}} if choice.index else {}),
        **_prompt(contents, choice),
        "adopted": _adopted(contents, choice, index_version),
    }
    return "\n".join((FIRST_LINE, COMMENT)) + "\n" + yaml.safe_dump(settings, sort_keys=False, width=120)


def alias_for(contents: Contents, index: str | None) -> str:
    """A name for the alias that no index or alias of the engine has."""
    taken = contents.aliases | contents.indexes.keys()
    usual = str(IndexSettings().name)
    if usual not in taken:
        return usual
    base = re.sub(r"[^a-z0-9_-]", "-", (index or usual).lower()).lstrip("_-0123456789") or usual
    return next(name for name in (f"{base}-{number}" for number in range(1, 1000)) if name not in taken)


def _vector_field(contents: Contents, choice: Choice) -> dict[str, Any]:
    if choice.index is None:
        return {}
    field: dict[str, Any] = contents.indexes[choice.index]["mappings"]["properties"][choice.embedding_field]
    return field


def _embedding(embedding: ModelChoice | None, dimension: int | None) -> dict[str, Any]:
    if embedding is None or dimension is None:
        return dict(TITAN)
    return {**embedding.provider.settings, "dimension": dimension}


def _index(contents: Contents, choice: Choice, alias: str, field: dict[str, Any]) -> dict[str, Any]:
    if choice.index is None:
        return {"name": alias}
    settings = contents.indexes[choice.index]["settings"]["index"]
    return {
        "name": alias,
        "text_field": choice.text_field,
        "embedding_field": choice.embedding_field,
        **space_type(field, settings),
        "shards": int(settings["number_of_shards"]),
        "replicas": int(settings["number_of_replicas"]),
    }


def space_type(field: dict[str, Any], settings: dict[str, Any]) -> dict[str, str]:
    """The setting for how the nearness of vectors is measured; empty if no setting expresses it."""
    spaces = (field.get("space_type"), field.get("method", {}).get("space_type"), settings.get("knn.space_type"))
    space = next((space for space in spaces if space), "l2")
    return {"space_type": space} if space in _SPACES else {}


def _prompt(contents: Contents, choice: Choice) -> dict[str, Any]:
    if choice.answer_pipeline is None:
        return {}
    step = contents.search_pipelines[choice.answer_pipeline]["response_processors"][0]["retrieval_augmented_generation"]
    written = {"system": step.get("system_prompt"), "instructions": step.get("user_instructions")}
    prompt = {name: text for name, text in written.items() if text}
    return {"prompt": prompt} if prompt else {}


def _adopted(contents: Contents, choice: Choice, index_version: str | None) -> dict[str, Any]:
    adopted: dict[str, Any] = {"index_version": index_version} if index_version else {}
    for name in ("index", "ingest_pipeline", "search_pipeline", "answer_pipeline"):
        if value := getattr(choice, name):
            adopted[name] = value
    for name in ("embedding", "answer"):
        model: ModelChoice | None = getattr(choice, name)
        if model:
            names = contents.models[model.model]["name"], contents.groups[model.group]["name"]
            probe = model.provider.probe["parameters"]
            adopted[name] = {"connector": model.connector, "model": names[0], "group": names[1], "probe": probe}
    return adopted
