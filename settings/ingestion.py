"""The settings of batches: jobs embed files of documents, and pipelines load them."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class Ingestion(Group):
    """Two pipelines of OpenSearch Ingestion, of one to `units` OCUs each, which look for new files every `minutes`.

    Jobs run the embedding model on `instances` machines of `instance_type`, for up to `files` files each.
    """

    units: int = Field(default=4, ge=1, le=96)
    minutes: int = Field(default=6, ge=1, le=1440)
    instance_type: str = Field(
        default="ml.c6i.2xlarge", pattern=r"^ml\.[a-z0-9]+\.[A-Za-z0-9_]+$", examples=["ml.g5.xlarge"]
    )
    instances: int = Field(default=1, ge=1, le=100)
    files: int = Field(default=100, ge=1, le=1000)
