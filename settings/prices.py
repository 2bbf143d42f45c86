"""What an environment costs while nobody uses it: prices of November 2026 in us-east-1, in USD.

docs/costs.md has the same amounts with their sources, and `tests/unit/test_prices.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from settings import Environment
from settings.answer.sagemaker import SageMakerAnswer
from settings.bedrock_answer import BedrockModel
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.new_domain import NewDomain
from settings.serverless import Serverless

HOURS = 730
# Memory of r7g nodes in GiB; they cost the same per GiB.
MEMORY = {"medium": 8, "large": 16, "xlarge": 32, "2xlarge": 64, "4xlarge": 128, "8xlarge": 256, "12xlarge": 384}
MEMORY_GIB = 0.0111
# Per hour.
INSTANCES: Mapping[str, float] = {
    **{f"r7g.{size}.search": gib * MEMORY_GIB for size, gib in MEMORY.items()},
    "t3.small.search": 0.036,
    "t3.medium.search": 0.073,
    "m7g.large.search": 0.1365,
    "ml.c6i.large": 0.102,
    "ml.c6i.xlarge": 0.204,
    "ml.g5.2xlarge": 1.52,
}
OCU = 0.24
# Per month.
GIBIBYTE, SECRET, ALARM, KEEPER = 0.122, 0.40, 0.10, 1.50
DOMAIN_ALARMS = 5
# Of a collection that is in use: for searches and for writes. https://aws.amazon.com/opensearch-service/pricing/
UNITS_IN_USE = 2


def idle(environment: Environment) -> dict[str, float]:
    """USD a month by what is paid for; an instance of an unknown price (`unknown`) is left out."""
    search, embedding, answer = environment.search, environment.embedding, environment.answer
    usd = {"search": 0.0, "embedding": 0.0, "answer": 0.0, "rest": 0.0}
    if isinstance(search, NewDomain):
        masters = search.dedicated_masters
        usd["search"] = _month(search.data_nodes.instance_type, search.data_nodes.count)
        usd["search"] += _month(masters.instance_type, masters.count) if masters else 0
        usd["search"] += GIBIBYTE * search.volume.size * search.data_nodes.count
        usd["rest"] = KEEPER + ALARM * DOMAIN_ALARMS
    if isinstance(search, Serverless) and search.generation == "classic":
        usd["search"] = OCU * UNITS_IN_USE * HOURS
    if isinstance(embedding, SageMakerEmbedding) and embedding.creates_endpoint:
        usd["embedding"] = _month(embedding.instance_type, embedding.instances)
    if isinstance(answer, SageMakerAnswer) and answer.creates_endpoint:
        usd["answer"] = _month(answer.machine, answer.instances)
    elif answer and not isinstance(answer, BedrockModel):
        usd["answer"] = SECRET * len(environment.secrets)
    if environment.assistant:
        usd["rest"] += ALARM
    return usd


def unknown(environment: Environment) -> list[str]:
    """The instance types whose price is not known here."""
    search, embedding, answer = environment.search, environment.embedding, environment.answer
    machines = []
    if isinstance(search, NewDomain):
        masters = search.dedicated_masters
        machines += [search.data_nodes.instance_type, *([masters.instance_type] if masters else [])]
    if isinstance(embedding, SageMakerEmbedding) and embedding.creates_endpoint:
        machines.append(embedding.instance_type)
    if isinstance(answer, SageMakerAnswer) and answer.creates_endpoint:
        machines.append(answer.machine)
    return sorted({machine for machine in machines if machine not in INSTANCES})


def in_use(environment: Environment) -> float:
    """USD an hour while somebody uses it, without tokens: a collection that sleeps has its units then."""
    search = environment.search
    awake = OCU * UNITS_IN_USE if isinstance(search, Serverless) and search.generation == "nextgen" else 0
    return sum(idle(environment).values()) / HOURS + awake


def _month(machine: str, count: int) -> float:
    return INSTANCES.get(machine, 0) * HOURS * count
