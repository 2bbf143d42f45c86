"""What the embedding models of Amazon Bedrock share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from settings.bedrock_ends import ENDS
from settings.embedding import EmbeddingModel
from settings.model_settings import REGION

if TYPE_CHECKING:
    from settings import Environment
    from settings.end_of_life import EndOfLife


class BedrockEmbedding(EmbeddingModel):
    """The common settings of Bedrock's models. `region` is the region of the calls; default: the environment's.

    `any_region: true` allows a region that is not known to have the model. `regions` are those in which Bedrock has
    each model on demand, from AWS's "Regional availability" of Bedrock models.
    """

    service = "bedrock-runtime"
    regions: ClassVar[Mapping[str, frozenset[str]]]

    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])
    any_region: bool = False

    def faults(self, environment: Environment) -> Iterator[str]:
        region, known = self.region or environment.region, self.regions[self.model]
        if region is not None and region not in known and not self.any_region:
            area = region[: region.index("-", 3)] if "-gov-" in region else region[:2]
            near = sorted(name for name in known if name.startswith(area) and ("-gov-" in name) is ("-gov-" in region))
            named = "embedding.region" if self.region else "region"
            yield (
                f"{named} is {region!r}, where Bedrock has no {self.model}; set embedding.region to one that has it "
                f"({', '.join((near or sorted(known))[:4])}), or embedding.any_region to true if Amazon has added it "
                "since"
            )
        yield from super().faults(environment)

    def ends(self) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
        yield "embedding.model", self.model, ENDS
