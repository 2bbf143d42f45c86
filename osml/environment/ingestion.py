"""What an environment says about batches: files of documents that are embedded by jobs and loaded by pipelines."""

from __future__ import annotations

from pydantic import Field

from osml.environment.embedding import Embedding, SageMakerEmbedding
from osml.environment.existing_domain import ExistingDomain
from osml.environment.new_domain import NewDomain
from osml.environment.part import EnvironmentPart
from osml.environment.search import BATCHES, Search


class Ingestion(EnvironmentPart):
    """Two pipelines of OpenSearch Ingestion, of one to `units` OCUs each, which look for new files every `minutes`.

    Jobs run the embedding model on `instances` machines of `instance_type`, for up to `files` files each.
    """

    units: int = Field(default=4, ge=1, le=96)
    minutes: int = Field(default=6, ge=1, le=1440)
    instance_type: str = Field(default="ml.c6i.2xlarge", pattern=r"^ml\.[a-z0-9]+\.\w+$", examples=["ml.g5.xlarge"])
    instances: int = Field(default=1, ge=1, le=100)
    files: int = Field(default=100, ge=1, le=1000)


def ingestion_fault(search: Search, embedding: Embedding) -> str | None:
    """Why there can be no batches, as a sentence; None when there can."""
    if not isinstance(search, NewDomain | ExistingDomain):
        return (
            "ingestion is set, but its pipelines sign requests to a domain and ask its model for batches; "
            "set search.kind to domain or existing, or leave ingestion out"
        )
    if search.vpc is not None:
        return (
            "ingestion is set, but the pipelines made here reach public addresses only and search.vpc is set; "
            "leave one of them out"
        )
    if search.engine_number < BATCHES:
        return (
            f"ingestion needs the batch API of OpenSearch 2.17 or later and search.engine_version is "
            f"{search.engine_version!r}; set OpenSearch_3.3"
        )
    if not isinstance(embedding, SageMakerEmbedding) or not embedding.creates_endpoint or embedding.region is not None:
        return (
            "ingestion runs the model of the endpoint in jobs of SageMaker, so the endpoint must be one that is made "
            "here; set embedding.provider to sagemaker and embedding.endpoint to create, or leave ingestion out"
        )
    return None
