"""The outputs of an environment's stacks, which the command line reads by their names. A stack writes an object of
these classes, and readers get the same object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticUndefined

from settings.retrieval import Retrieval

# The prefix of the environment variables in which a pipeline step gets outputs that it may not read itself.
HANDED_ON = "OSML_OUTPUT_"
# The output in which a stack says, as JSON, what it is billed for while idle; `settings/prices.py` makes it.
BILLED = "Billed"


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _written(retrieval: Retrieval) -> str | None:
    differing = retrieval.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(differing) if differing else None


def _output(name: str, default: Any = PydanticUndefined) -> Any:
    """A field that is written as the output `name`."""
    return Field(default, validation_alias=name, serialization_alias=name)


class Outputs(BaseModel):
    """The outputs of a stack, named by the aliases of the fields.

    A field that is not set, or is None, is not written. Readers ignore unknown outputs.
    """

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)

    def written(self) -> Iterator[tuple[str, str]]:
        """Name and value of each output."""
        for name, value in self.model_dump(by_alias=True, exclude_unset=True).items():
            if value is not None:
                yield name, str(value)

    @classmethod
    def name_of(cls, field: str) -> str:
        """The name of a field's output."""
        return str(cls.model_fields[field].serialization_alias)


class IndexOutputs(Outputs):
    """`osml-<env>-knowledge`, on any engine: an index, and who may use it."""

    index: str = _output("IndexName")
    operator_role_arn: str = _output("OperatorRoleArn")
    text_field: str = _output("TextField")


class CollectionOutputs(IndexOutputs):
    """`osml-<env>-knowledge` on a collection."""

    endpoint: str = _output("CollectionEndpoint")
    embedding_field: str = _output("EmbeddingField")


class KnowledgeOutputs(IndexOutputs):
    """`osml-<env>-knowledge` on a domain or a self-managed cluster: all values that asking and ingesting need.

    `index` is an alias; `index_version` is its index at the last deploy, None for an older stack. `fields` are the
    declared fields of the index with their types, None for an older stack, whose index gives all fields a type. The
    values `…_start_seconds` are the time in which a stopped model starts, None for a model that never stops.
    """

    endpoint: str = _output("DomainEndpoint")
    index_version: str | None = _output("IndexVersion", None)
    retrieval: Annotated[Retrieval, BeforeValidator(_read), PlainSerializer(_written)] = _output(
        "Retrieval", Retrieval()
    )
    search_pipeline: str = _output("SearchPipelineName")
    embedding_model_id: str = _output("EmbeddingModelId")
    answer_model_id: str | None = _output("AnswerModelId", None)
    llm_model: str | None = _output("LlmModel", None)
    llm_response_field: str | None = _output("LlmResponseField", None)
    rag_seconds: int = _output("RagSeconds", 65)
    client_seconds: int = _output("ClientSeconds", 180)
    embedding_field: str = _output("EmbeddingField")
    embedding_start_seconds: int | None = _output("EmbeddingStartSeconds", None)
    answer_start_seconds: int | None = _output("AnswerStartSeconds", None)
    fields: Annotated[dict[str, str] | None, BeforeValidator(_read), PlainSerializer(json.dumps)] = _output(
        "Fields", None
    )
    login_secret_arn: str | None = _output("LoginSecretArn", None)
    username_key: str | None = _output("UsernameKey", None)
    password_key: str | None = _output("PasswordKey", None)


class AssistantOutputs(Outputs):
    """`osml-<env>-assistant`. `name_target` is the target of the CNAME record for your own host name.

    `feedback_index` is the index with people's feedback, on a domain.
    """

    url: str | None = _output("ApiUrl", None)
    ask_function: str = _output("AskFunctionName")
    documents_function: str = _output("DocumentsFunctionName")
    page_url: str | None = _output("PageUrl", None)
    user_pool_id: str | None = _output("UserPoolId", None)
    user_pool_client_id: str | None = _output("UserPoolClientId", None)
    agents_url: str | None = _output("AgentsUrl", None)
    agents_client_id: str | None = _output("AgentsClientId", None)
    api_key_id: str | None = _output("ApiKeyId", None)
    api_keys: Annotated[dict[str, str] | None, BeforeValidator(_read), PlainSerializer(json.dumps)] = _output(
        "ApiKeys", None
    )
    name_target: str | None = _output("NameTarget", None)
    quota_table: str | None = _output("QuotaTableName", None)
    feedback_index: str | None = _output("FeedbackIndex", None)


class SourcesOutputs(Outputs):
    """`osml-<env>-ingestion` with `sources`: the queue that starts runs, and the bucket with their progress."""

    queue_url: str = _output("SourcesQueueUrl")
    bucket: str = _output("SourcesBucketName")
