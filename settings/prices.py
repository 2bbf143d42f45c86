"""What an environment costs while nobody uses it, with the prices of `price_list`.

docs/costs.md has the same amounts, and `tests/unit/test_prices.py` compares the two.
"""

from __future__ import annotations

from settings import Environment
from settings.answer.sagemaker import SageMakerAnswer
from settings.bedrock_base import BedrockModel
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.new_domain import NewDomain, Nodes, UltraWarm
from settings.price_list import USD
from settings.serverless import Serverless

HOURS = 730
# The monthly cost of a domain's keeper, as calculated in docs/operations.md.
KEEPER = 1.50
DOMAIN_ALARMS = 5
# The OCUs of a collection in use: one for searches and one for writes.
# https://aws.amazon.com/opensearch-service/pricing/
UNITS_IN_USE = 2


def idle(environment: Environment) -> dict[str, float]:
    """USD per month for each item; instances without a known price (see `unknown`) are left out."""
    search, embedding, answer = environment.search, environment.embedding, environment.answer
    usd = {"search": 0.0, "embedding": 0.0, "answer": 0.0, "rest": 0.0}
    if isinstance(search, NewDomain):
        usd["search"] = sum(_month(nodes.instance_type, nodes.count) for nodes in _nodes(search))
        usd["search"] += USD["gp3"] * search.volume.size * search.data_nodes.count if search.has_volumes else 0
        usd["rest"] = KEEPER + USD["alarm"] * DOMAIN_ALARMS
    usd["search"] += USD["OCU"] * _always_billed(environment) * HOURS
    if isinstance(embedding, SageMakerEmbedding) and embedding.creates_endpoint:
        usd["embedding"] = _month(embedding.instance_type, _idle_instances(embedding))
    if isinstance(answer, SageMakerAnswer) and answer.creates_endpoint:
        usd["answer"] = _month(answer.machine, _idle_instances(answer))
    elif answer and not isinstance(answer, BedrockModel):
        usd["answer"] = USD["secret"] * len(environment.secrets)
    if environment.assistant:
        usd["rest"] += USD["alarm"] * (1 + len(environment.alarms.limits if environment.alarms else ()))
    return usd


def unknown(environment: Environment) -> list[str]:
    """The instance types whose price is not in the list."""
    search, embedding, answer = environment.search, environment.embedding, environment.answer
    machines = []
    if isinstance(search, NewDomain):
        machines += [nodes.instance_type for nodes in _nodes(search)]
    if isinstance(embedding, SageMakerEmbedding) and embedding.creates_endpoint:
        machines.append(embedding.instance_type)
    if isinstance(answer, SageMakerAnswer) and answer.creates_endpoint:
        machines.append(answer.machine)
    return sorted({machine for machine in machines if machine not in USD})


def in_use(environment: Environment) -> float:
    """USD per hour while somebody uses the environment, without tokens.

    It includes the OCUs of a collection that scales to zero while nobody uses it.
    """
    search = environment.search
    made_here = isinstance(search, Serverless) and not search.collection
    awake = max(0, UNITS_IN_USE - _always_billed(environment)) if made_here else 0
    return sum(idle(environment).values()) / HOURS + USD["OCU"] * awake


def _nodes(search: NewDomain) -> list[Nodes | UltraWarm]:
    """The nodes of each type that the domain has."""
    return [nodes for nodes in (search.data_nodes, search.dedicated_masters, search.ultrawarm) if nodes]


def _always_billed(environment: Environment) -> int:
    """The OCUs of a collection that are billed while nobody uses it; 0 for a collection of somebody else."""
    search = environment.search
    if not isinstance(search, Serverless) or search.collection:
        return 0
    return search.search_units[0] + search.indexing_units[0]


def _idle_instances(model: SageMakerEmbedding | SageMakerAnswer) -> int:
    return min(1, model.scaling.minimum) if model.scaling else model.instances


def _month(machine: str, count: int) -> float:
    return USD.get(machine, 0) * HOURS * count
