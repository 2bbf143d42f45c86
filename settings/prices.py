"""What an environment costs while nobody uses it, with the prices of `price_list`.

docs/costs.md has the same amounts, and `tests/unit/test_prices.py` compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

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
# The items of a bill, and the stack with most of what each is billed for.
PART_OF = {"search": "search", "embedding": "inference", "answer": "inference", "rest": "knowledge"}
_USD = {**USD, "keeper": KEEPER}
# What is billed in a month, by its name in the price list: hours, GB, or a number.
Billed = Mapping[str, int]


def billed(environment: Environment) -> dict[str, Billed]:
    """What an idle environment is billed for in a month, for each item; the stack `PART_OF` the item has it."""
    search, embedding, answer = environment.search, environment.embedding, environment.answer
    items = {item: Counter[str]() for item in PART_OF}
    if isinstance(search, NewDomain):
        for nodes in _nodes(search):
            items["search"][nodes.instance_type] += HOURS * nodes.count
        if search.has_volumes:
            items["search"][search.volume.type] += search.volume.size * search.data_nodes.count
        items["rest"] += Counter({"keeper": 1, "alarm": DOMAIN_ALARMS})
    if units := _always_billed(environment):
        items["search"]["OCU"] += HOURS * units
    if isinstance(embedding, SageMakerEmbedding) and embedding.creates_endpoint:
        items["embedding"][embedding.instance_type] += HOURS * _idle_instances(embedding)
    if isinstance(answer, SageMakerAnswer) and answer.creates_endpoint:
        items["answer"][answer.machine] += HOURS * _idle_instances(answer)
    elif answer and not isinstance(answer, BedrockModel):
        items["answer"]["secret"] += len(environment.secrets)
    if environment.assistant:
        items["rest"]["alarm"] += 1 + len(environment.alarms.limits if environment.alarms else ())
    return {item: dict(counted) for item, counted in items.items()}


def usd_of(items: Mapping[str, Billed]) -> dict[str, float]:
    """USD per month for each item; what has no known price (see `without_price`) is left out."""
    return {item: sum(_USD.get(name, 0) * number for name, number in units.items()) for item, units in items.items()}


def without_price(items: Iterable[Billed]) -> list[str]:
    """What is billed, such as an instance type, and has no price in the list."""
    return sorted({name for units in items for name in units if name not in _USD})


def idle(environment: Environment) -> dict[str, float]:
    """USD per month for each item; what has no known price (see `unknown`) is left out."""
    return usd_of(billed(environment))


def unknown(environment: Environment) -> list[str]:
    """What the environment is billed for, such as an instance type, and has no price in the list."""
    return without_price(billed(environment).values())


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
