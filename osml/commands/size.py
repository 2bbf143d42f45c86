"""The command `osml size`."""

from typing import Annotated

import typer

from osml.deploy.size import Quantization, VectorEngine
from osml.failure import Failure

PANEL = "Set up"


def size(
    documents: Annotated[int, typer.Option(help="Number of documents, or of chunks.", min=1)],
    dimension: Annotated[int, typer.Option(help="Dimension of the embedding model's vectors.", min=1)],
    replicas: Annotated[int, typer.Option(help="Replicas of each shard.", min=0, max=20)] = 1,
    engine: Annotated[VectorEngine, typer.Option(help="The vector engine.")] = "faiss",
    quantization: Annotated[Quantization, typer.Option(help="How vectors are compressed in memory.")] = "none",
    text_bytes: Annotated[int, typer.Option(help="Average bytes of a document without its vector.", min=0)] = 1000,
) -> None:
    """Estimate the size and the monthly cost of a domain for a number of vectors."""
    from osml.deploy import size as sizing

    load = sizing.Load(documents, dimension, replicas, engine, quantization, text_bytes)
    try:
        lines = sizing.show(load, sizing.need(load))
    except ValueError as fault:
        raise Failure(str(fault)) from None
    print("\n".join(lines))
