"""Cohere's text embeddings on Bedrock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from settings.bedrock_embedding import BedrockEmbedding

if TYPE_CHECKING:
    from settings import Environment

ENGLISH, MULTILINGUAL = "cohere.embed-english-v3", "cohere.embed-multilingual-v3"
_REGIONS = frozenset(
    {
        *("ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-west-2"),
    }
)


class CohereEmbedding(BedrockEmbedding):
    """Cohere's text embeddings v3 on Bedrock. Bedrock refuses a text of more than 2048 characters. `truncate` is the
    part that is cut off from a text of more than 512 tokens: its START, its END, or nothing (NONE), which refuses the
    text. `input_type` is sent with every document and question, because a connector cannot distinguish them.
    """

    made_by = "cohere_embedding"
    caller = "cohere"
    texts_a_call = 96
    characters = 2048
    tokens = 512
    dimensions: ClassVar[Mapping[str, int]] = {ENGLISH: 1024, MULTILINGUAL: 1024}
    regions: ClassVar[Mapping[str, frozenset[str]]] = {ENGLISH: _REGIONS, MULTILINGUAL: _REGIONS}

    provider: Literal["cohere"] = "cohere"
    model: Literal["cohere.embed-english-v3", "cohere.embed-multilingual-v3"] = "cohere.embed-english-v3"
    truncate: Literal["NONE", "START", "END"] = "END"
    input_type: Literal["search_document", "search_query", "classification", "clustering"] = "search_document"

    def arguments(self, environment: Environment) -> dict[str, Any]:  # noqa: ARG002 of the interface
        return {
            "model": self.model,
            "region": self.region,
            "truncate": self.truncate,
            "input_type": self.input_type,
        }
