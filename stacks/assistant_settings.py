"""The settings of the assistant's functions, as they read them from one variable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from aws_cdk import aws_apigateway as apigateway

from opensearch_ml.assistant.conversation_table import CALLERS
from opensearch_ml.assistant.feedback_table import FeedbackTable
from settings import Environment
from settings.answer import AnswerModel
from settings.assistant import Assistant, passage_characters
from settings.embedding import EmbeddingModel
from settings.index import IndexNames
from settings.prompt import Prompt
from settings.retrieval import Retrieval
from settings.runtime_settings import (
    ConversationIndexSettings,
    EngineEmbedding,
    FeedbackSettings,
    Limits,
    Login,
    Memory,
    PipelineAnswer,
    RuntimeAccess,
    RuntimeAnswerCache,
    RuntimeQuota,
    RuntimeSearch,
    RuntimeSettings,
    RuntimeTimeouts,
    Table,
)
from stacks.assistant_stores import AssistantStores
from stacks.inference import InferenceStack
from stacks.knowledge import KnowledgeStack
from stacks.search import SearchStack

# Lambda accepts 4 KiB of variables. The rest is for their names, the other variables, and tokens that become longer.
MOST_CHARACTERS = 3072
DIGEST = 12


def runtime_settings(
    environment: Environment,
    assistant: Assistant,
    region: str,
    *,
    search: SearchStack,
    inference: InferenceStack,
    knowledge: KnowledgeStack | None,
    stores: AssistantStores,
    keys: Mapping[str, apigateway.ApiKey],
) -> dict[str, Any]:
    """The settings that differ from the defaults, as JSON. Raises ValueError when they are too long for a variable."""
    timeouts = environment.timeouts
    chosen = RuntimeSettings(
        environment=environment.name,
        search=_search(search, region),
        index=_index(environment),
        top_k=assistant.top_k,
        min_score=environment.min_score,
        **_unusual(environment, assistant, stores, keys),
        prompt=Prompt(system=environment.prompt.system, instructions=environment.prompt.instructions),
        embedding=_embedding(environment, knowledge),
        answer=_answer(environment, inference, knowledge),
        conversations=_conversations(assistant, stores),
        limits=Limits(
            body_bytes=assistant.body_limit,
            passage_characters=assistant.passage_characters,
            passage_tokens=environment.embedding.chunk_tokens,
            **_unusual_limits(environment),
        ),
        uploads=stores.uploads.bucket.bucket_name,
        timeouts=RuntimeTimeouts(
            connection=timeouts.connection,
            embedding=timeouts.embedding,
            answer=timeouts.answer,
            rag=timeouts.waits["rag"],
        ),
    )
    settings = _dumped(chosen)
    length = len(json.dumps(settings, ensure_ascii=False).encode())
    if length > MOST_CHARACTERS:
        raise ValueError(
            "prompt.system, prompt.instructions, assistant.models and assistant.access make the settings of the "
            f"functions {length} bytes long, but Lambda takes {MOST_CHARACTERS} besides names; shorten them by "
            f"{length - MOST_CHARACTERS}."
        )
    return settings


def storing_settings(environment: Environment, region: str, *, search: SearchStack) -> dict[str, Any]:
    """The settings of a function that embeds and stores documents, and answers no questions."""
    return _dumped(
        RuntimeSettings(
            environment=environment.name,
            search=_search(search, region),
            index=_index(environment),
            prompt=Prompt(),
            embedding=environment.embedding.for_runtime(environment),
            conversations=Memory(kind="memory"),
            limits=Limits(
                passage_characters=passage_characters(environment.assistant),
                passage_tokens=environment.embedding.chunk_tokens,
                **_unusual_limits(environment),
            ),
            timeouts=RuntimeTimeouts(
                connection=environment.timeouts.connection, embedding=environment.timeouts.embedding
            ),
        )
    )


def _dumped(settings: RuntimeSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude_unset=True)


def _search(search: SearchStack, region: str) -> RuntimeSearch:
    engine = search.engine
    login = Login(secretArn=engine.login.arn, **engine.login.keys) if engine.login else None
    return RuntimeSearch(endpoint=engine.endpoint, region=region, service=engine.service, login=login)


def _index(environment: Environment) -> IndexNames:
    return IndexNames(**{name: getattr(environment.index, name) for name in IndexNames.model_fields})


def _unusual(
    environment: Environment, assistant: Assistant, stores: AssistantStores, keys: Mapping[str, apigateway.ApiKey]
) -> dict[str, Any]:
    """The groups of settings that most environments leave out."""
    unusual: dict[str, Any] = {"matches": environment.matches} if environment.matches else {}
    if environment.follow_up:
        unusual["follow_up"] = environment.follow_up
    if assistant.models:
        unusual["models"] = {name: model.for_runtime(environment) for name, model in assistant.models.items()}
    if assistant.guardrails:
        unusual["guardrails"] = assistant.guardrails
    if assistant.quota and stores.quota:
        unusual["quota"] = RuntimeQuota(table=stores.quota.name, **assistant.quota.model_dump(exclude_none=True))
    if assistant.cache and stores.cache and environment.answer:
        unusual["cache"] = RuntimeAnswerCache(
            table=stores.cache.name, hours=assistant.cache.hours, model=_digest(environment.answers)
        )
    if stores.originals:
        unusual["originals"] = stores.originals.bucket.bucket_name
    if stores.prompts:
        unusual["prompts"] = stores.prompts.name
    feedback = assistant.feedback
    if feedback and stores.feedback:
        kind: Literal["index", "table"] = "table" if isinstance(stores.feedback, FeedbackTable) else "index"
        unusual["feedback"] = FeedbackSettings(
            keep=feedback.keep, days=feedback.days, kind=kind, name=stores.feedback.name
        )
    if assistant.sharing:
        unusual["sharing"] = assistant.sharing.days
    access = assistant.access.model_dump(exclude_defaults=True)
    if keys:
        access["keys"] = [(key.key_id, name) for name, key in keys.items()]
    if assistant.group_attribute:
        access["group_attribute"] = assistant.group_attribute
    if access:
        unusual["access"] = RuntimeAccess.model_validate(access)
    if environment.index.fields:
        unusual["fields"] = environment.index.fields
    if environment.retrieval != Retrieval():
        unusual["retrieval"] = environment.retrieval
    return unusual | environment.reading.model_dump(exclude_none=True)


def _digest(answers: Mapping[str, AnswerModel]) -> str:
    """A digest of all settings of the models, including those that the runtime settings do not contain."""
    settings = json.dumps([model.model_dump(mode="json") for model in answers.values()], sort_keys=True)
    return hashlib.sha256(settings.encode()).hexdigest()[:DIGEST]


def _unusual_limits(environment: Environment) -> dict[str, Any]:
    index = environment.index
    written = {"passage_overlap": index.overlap, "mask": index.mask}
    return {name: value for name, value in written.items() if value}


def _conversations(assistant: Assistant, stores: AssistantStores) -> Memory | ConversationIndexSettings | Table:
    if stores.table:
        return Table(kind="table", table=stores.table.name, callers=CALLERS, days=assistant.conversation_days)
    if stores.index:
        return ConversationIndexSettings(kind="index", name=stores.index.name)
    return Memory(kind="memory")


def _embedding(environment: Environment, knowledge: KnowledgeStack | None) -> EngineEmbedding | EmbeddingModel:
    if knowledge:
        return EngineEmbedding(start_seconds=environment.embedding.told_start_seconds)
    return environment.embedding.for_runtime(environment)


def _answer(
    environment: Environment, inference: InferenceStack, knowledge: KnowledgeStack | None
) -> PipelineAnswer | AnswerModel | None:
    settings, provider = environment.answer, inference.answer
    if settings is None or provider is None:
        return None
    if environment.streams or not knowledge:
        return settings.for_runtime(environment)
    return PipelineAnswer(
        search_pipeline=str(knowledge.search_pipeline),
        llm_model=str(provider.llm_model),
        llm_response_field=provider.llm_response_field,
        model=settings.shown,
        start_seconds=settings.told_start_seconds,
    )
