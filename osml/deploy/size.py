"""The memory, disk, nodes and approximate cost of a domain for a number of vectors.

Memory of HNSW graphs, in bytes: 1.1 * (bytes of a vector + 8 * M) * vectors, for each copy of the index.
https://docs.opensearch.org/latest/mappings/supported-field-types/knn-methods-engines/ (Memory estimation)
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from calls.count_of import count_of
from settings.price_list import USD
from settings.prices import HOURS

Quantization = Literal["none", "fp16", "byte", "disk"]
VectorEngine = Literal["faiss", "lucene"]
# Bytes in memory for each dimension of a vector. `disk` is the mode on_disk, which compresses 32 times, to one bit.
BYTES: dict[str, Fraction] = {"none": Fraction(4), "fp16": Fraction(2), "byte": Fraction(1), "disk": Fraction(1, 8)}
LINKS = 16
# Memory of r7g nodes in GiB.
MEMORY = {"medium": 8, "large": 16, "xlarge": 32, "2xlarge": 64, "4xlarge": 128, "8xlarge": 256, "12xlarge": 384}
GIB = 1024**3
# Half of a node's memory is Java's heap, 32 GiB at most.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/auto-tune.html
HEAP_SHARE, MOST_HEAP = 0.5, 32.0
# Graphs of faiss use at most this share of the other half (knn.memory.circuit_breaker.limit, default 50 %).
# Lucene reads its graphs through the page cache, which it shares with the rest of the index.
GRAPH_SHARE: dict[str, float] = {"faiss": 0.5, "lucene": 0.5}
# 10 % more for the index, 5 % reserved by Linux, 20 % reserved by the service: 1.1 / 0.95 / 0.8.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/bp-storage.html
DISK_FACTOR = 1.45
# The greatest number of data nodes without a higher quota.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html
MOST_NODES = 80


@dataclass(frozen=True)
class Load:
    """The load of a domain: `text_bytes` is the average size of a document or chunk without its vector."""

    documents: int
    dimension: int
    replicas: int = 1
    engine: VectorEngine = "faiss"
    quantization: Quantization = "none"
    text_bytes: int = 1000


@dataclass(frozen=True)
class NodeShape:
    """`nodes` data nodes of `instance`, and what they cost with their disks, in USD a month."""

    instance: str
    nodes: int
    usd: float


@dataclass(frozen=True)
class Need:
    """`memory` (of the graphs) and `disk` are bytes of all copies. `shapes` are large enough, the cheapest first."""

    memory: int
    disk: int
    shapes: tuple[NodeShape, ...]


def need(load: Load) -> Need:
    """The need of `load`. Raises ValueError with a sentence for a wrong number, or a quantization the engine lacks."""
    _check(load)
    copies = load.replicas + 1
    memory = math.ceil(Fraction(11, 10) * _vector(load) * load.documents * copies)
    # The text; the stored vector, which every engine keeps; and the graph with its own copy of the vector.
    stored = load.text_bytes + 4 * load.dimension + _vector(load)
    disk = math.ceil(stored * load.documents * copies * Fraction(DISK_FACTOR).limit_denominator(100))
    return Need(memory, disk, tuple(sorted(_shapes(load, memory, disk), key=lambda shape: shape.usd)))


def room(gib: float, engine: VectorEngine) -> float:
    """Bytes for graphs on a node of `gib` GiB of memory."""
    return (gib - min(gib * HEAP_SHARE, MOST_HEAP)) * GRAPH_SHARE[engine] * GIB


def _vector(load: Load) -> Fraction:
    return BYTES[load.quantization] * load.dimension + 8 * LINKS


def _shapes(load: Load, memory: int, disk: int) -> list[NodeShape]:
    shapes = []
    for size, gib in MEMORY.items():
        # No two copies are on one node.
        nodes = max(math.ceil(memory / room(gib, load.engine)), load.replicas + 1)
        if nodes <= MOST_NODES:
            instance = f"r7g.{size}.search"
            usd = nodes * USD[instance] * HOURS + disk / 1e9 * USD["gp3"]
            shapes.append(NodeShape(instance, nodes, usd))
        if nodes == load.replicas + 1:
            break  # larger nodes would only be emptier
    return shapes


def _check(load: Load) -> None:
    if load.documents < 1 or load.dimension < 1 or load.replicas < 0 or load.text_bytes < 0:
        raise ValueError("documents and dimension must be 1 or more; replicas and text bytes must be 0 or more.")
    if load.quantization not in get_args(Quantization):
        raise ValueError(
            f"quantization is {load.quantization!r}, but must be one of {', '.join(get_args(Quantization))}."
        )
    if load.engine == "lucene" and load.quantization in ("fp16", "disk"):
        raise ValueError(f"the engine lucene has no {load.quantization} quantization; choose faiss, or byte or none.")


def show(load: Load, needed: Need) -> list[str]:
    """The result as lines of text."""
    lines = [
        f"{count_of(load.documents, 'document')} of {load.dimension} dimensions, {load.replicas + 1} copies, "
        f"{load.engine}, quantization {load.quantization}:",
        f"  graphs in memory  {_gib(needed.memory)}   1.1 × ({float(BYTES[load.quantization]):g} × {load.dimension} + "
        f"8 × {LINKS}) bytes × documents × copies",
        f"  disk              {_gib(needed.disk)}   (text + vector + graph) × documents × copies × {DISK_FACTOR}",
    ]
    if not needed.shapes:
        return [
            *lines,
            f"No r7g domain of up to {MOST_NODES} nodes is large enough. Use quantization, or request a higher quota.",
        ]
    lines += [
        f"  {shape.nodes:>3} × {shape.instance:<20} about {shape.usd:>10,.0f} USD a month" for shape in needed.shapes
    ]
    low, high = (f"{needed.shapes[end].usd:,.0f}" for end in (0, -1))
    return [
        *lines,
        f"{f'About {low}' if low == high else f'Between {low} and {high}'} USD a month on demand in us-east-1, without "
        "dedicated masters. docs/costs.md lists the prices with their dates. Check them with "
        "https://calculator.aws before you rely on them.",
    ]


def _gib(size: int) -> str:
    return f"{size / GIB:>10,.2f} GiB"
