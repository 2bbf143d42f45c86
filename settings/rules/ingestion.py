"""Rules between the ways to load documents and the rest of an environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.amazon_versions import offered
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.existing_domain import ExistingDomain
from settings.introduced_in import SINCE
from settings.new_domain import NewDomain

if TYPE_CHECKING:
    from settings import Environment


def drop_has_a_pipeline(environment: Environment) -> Iterator[str]:
    """The drop needs an engine with a pipeline that embeds the documents."""
    if environment.drop and environment.engine is None:
        yield (
            "drop is set, but a collection has no pipeline that embeds loaded documents; leave out drop and use a "
            "source of the kind s3, the assistant's API or osml ingest"
        )


def scans_have_a_reader(environment: Environment) -> Iterator[str]:
    """`reading.scans` needs a function that reads files; the command line recognises text on its own machine."""
    if environment.reading.scans and not (environment.assistant or environment.drop or environment.sources):
        yield (
            f"reading.scans is {environment.reading.scans!r}, but nothing on AWS reads files here; set assistant, drop "
            "or sources, or leave it out"
        )


def ingestion_has_its_jobs(environment: Environment) -> Iterator[str]:
    """Batches need a domain that can start jobs, with an endpoint that the environment creates."""
    search, embedding, since = environment.search, environment.embedding, SINCE["batch_predict"]
    if environment.ingestion is None:
        return
    if not isinstance(search, NewDomain | ExistingDomain):
        yield (
            "ingestion is set, but its pipelines need a domain, whose model embeds batches; set search.kind to "
            "domain or existing, or leave ingestion out"
        )
        return
    if environment.index.mask:
        yield (
            "index.mask is set, but the pipelines of ingestion mask nothing; load documents with osml ingest, the "
            "API, drop or sources, and leave ingestion out"
        )
    if search.vpc is not None:
        yield (
            "ingestion is set, but its pipelines reach only public addresses and search.vpc is set; leave one of "
            "them out"
        )
    if search.engine_number < since:
        yield (
            f"ingestion needs the batch API of OpenSearch {since} or later and search.engine_version is "
            f"{search.engine_version!r}; set {offered(since)}"
        )
    if embedding.stops:
        yield (
            "embedding.scaling.minimum is 0, but the pipelines of ingestion do not wait for a model that starts; set "
            "it to 1, or load documents by osml ingest, the API, drop or sources, and leave ingestion out"
        )
    if not isinstance(embedding, SageMakerEmbedding) or not embedding.creates_endpoint or embedding.region is not None:
        yield (
            "ingestion runs the model of the endpoint in jobs of SageMaker, so the endpoint must be a new one; set "
            "embedding.provider to sagemaker and embedding.endpoint to create, or leave ingestion out"
        )
