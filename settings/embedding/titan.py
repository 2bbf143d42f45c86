"""Amazon Titan text embeddings on Bedrock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import model_validator

from settings.bedrock_embedding import BedrockEmbedding
from settings.introduced_in import SINCE, Release

if TYPE_CHECKING:
    from settings import Environment

V1: Final = "amazon.titan-embed-text-v1"
V2: Final = "amazon.titan-embed-text-v2:0"
V2_DIMENSIONS = (256, 512, 1024)


class TitanEmbedding(BedrockEmbedding):
    """Amazon Titan text embeddings on Bedrock. `normalize` applies to v2 and returns vectors of length 1. `functions`
    reads the vector from Titan's response: `built-in` of OpenSearch 2.13 or later, a `painless` script for earlier
    versions, or `auto`, which depends on search.engine_version.
    """

    made_by = "titan_embedding"
    caller = "titan"
    texts_a_call = 1
    tokens = 8192
    dimensions: ClassVar[Mapping[str, int]] = {V1: 1536}
    regions: ClassVar[Mapping[str, frozenset[str]]] = {
        V1: frozenset({"ap-northeast-1", "eu-central-1", "us-east-1", "us-west-2"}),
        V2: frozenset(
            {
                *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-2"),
                *("ca-central-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
                *("eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1"),
                *("us-gov-west-1", "us-west-2"),
            }
        ),
    }

    provider: Literal["titan"] = "titan"
    model: Literal["amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v1"] = V2
    normalize: bool = True
    functions: Literal["auto", "built-in", "painless"] = "auto"

    @property
    def asked_dimension(self) -> int | None:
        """The dimension in a request; None for version 1, which accepts none."""
        return self.dimension if self.model == V2 else None

    def scripted(self, engine: Release) -> bool:
        """Whether the connector on an engine of that version has the Painless script."""
        return self.functions == "painless" or (self.functions == "auto" and engine < SINCE["bedrock_functions"])

    def arguments(self, environment: Environment) -> dict[str, Any]:
        engine = environment.engine
        return {
            "model": self.model,
            "region": self.region,
            "dimension": self.dimension,
            "normalize": self.normalize,
            "painless": engine is not None and self.scripted(engine.engine_number),
        }

    def faults(self, environment: Environment) -> Iterator[str]:
        yield from super().faults(environment)
        since, engine = SINCE["bedrock_functions"], environment.engine
        if self.functions == "built-in" and engine is not None and engine.engine_number < since:
            yield f"embedding.functions is 'built-in', which OpenSearch has since {since}; set auto or painless"

    @model_validator(mode="after")
    def _of_version(self) -> TitanEmbedding:
        if self.model == V2:
            if self.dimension not in V2_DIMENSIONS:
                raise ValueError(
                    f"dimension is {self.dimension}, but {self.model} makes vectors of 256, 512 or 1024; "
                    "set one of them"
                )
        elif not self.normalize:
            raise ValueError(f"normalize is false, but {self.model} has no such choice; leave it out")
        return self
