"""The amounts in docs/costs.md are those that the prices give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from settings import load
from settings.price_list import PRICE_LISTS, token_usd
from settings.prices import idle, in_use, unknown

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "costs.md").read_text()
SEARCH = {
    "kind": "domain",
    "vector_engine": "faiss",
    "data_nodes": {"instance_type": "r7g.medium.search", "count": 1},
    "volume": {"size": 20},
    "removal": "destroy",
}
TITAN = {"provider": "titan", "dimension": 512}
CHAT = {"provider": "deepseek", "model": "deepseek-flash", "secret": {"name": "osml/x/key", "key": "api_key"}}
# A part of the row → settings that no shipped environment has.
ROWS = {
    "`deepseek-bedrock` (managed)": {"recipe": "deepseek-bedrock", "search": SEARCH, "embedding": TITAN},
    "`deepseek-sagemaker`, `ml.g5.2xlarge`": {
        "recipe": "deepseek-sagemaker",
        "search": SEARCH,
        "embedding": {"provider": "sagemaker", "endpoint": "create", "dimension": 384, "instance_type": "ml.c6i.large"},
        "answer": {"endpoint": "create", "instance_type": "ml.g5.2xlarge"},
    },
    "`semantic-search`, Titan": {"recipe": "semantic-search", "search": SEARCH, "embedding": TITAN},
    "`generation: classic`, Titan": {
        "recipe": "serverless",
        "search": {"generation": "classic", "removal": "destroy"},
        "embedding": TITAN,
        "answer": CHAT,
    },
    "`generation: nextgen`, Titan": {
        "recipe": "serverless",
        "search": {"removal": "destroy"},
        "embedding": TITAN,
        "answer": CHAT,
    },
}


def row(part: str) -> tuple[float, float, float]:
    """Search, embedding and the sum, in the table row that contains `part`."""
    cells = next(line for line in PAGE.splitlines() if line.startswith("|") and part in line).split("|")
    numbers = [float((re.findall(r"\d[\d,.]*", cell) or ["0"])[0].replace(",", "")) for cell in cells[2:7]]
    return numbers[0], numbers[1], numbers[4]


def near(amount: float, expected: float) -> bool:
    """The page rounds to a dollar, and writes "about"."""
    return abs(amount - expected) <= 0.5


def test_the_page_has_each_price_with_its_day() -> None:
    lines = re.findall(r"^\| (\w+) \| ([\d-]+) \| ([^|]+) \| ([\d.]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert [(*line[:3], float(line[3]), line[4]) for line in lines] == [
        (prices.service, prices.read, name, usd, prices.unit)
        for prices in PRICE_LISTS
        for name, usd in prices.usd.items()
    ]


@pytest.mark.parametrize("name", ["dev", "qa", "prod"])
def test_a_shipped_environment_costs_what_the_page_says(name: str) -> None:
    amounts = idle(load(name, ROOT / "environments"))
    search, embedding, whole = row(f"environments/{name}.yaml")
    assert near(amounts["search"], search), amounts
    assert near(amounts["embedding"], embedding), amounts
    assert near(sum(amounts.values()), whole), amounts


@pytest.mark.parametrize("part", ROWS)
def test_a_recipe_costs_what_the_page_says(part: str, tmp_path: Path) -> None:
    settings = {"assistant": {}, **ROWS[part]}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(settings))
    amounts = idle(load("x", tmp_path))
    search, _, whole = row(part)
    assert near(amounts["search"], search), amounts
    assert near(sum(amounts.values()), whole), amounts


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("amazon.nova-micro-v1:0", 0.07),
        ("us.amazon.nova-micro-v1:0", 0.07),
        ("arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.deepseek.r1-v1:0", 2.7),
        ("us.anthropic.claude-sonnet-4-6", None),
        ("deepseek-flash", None),
        (None, None),
    ],
)
def test_tokens_cost_what_the_list_says(model: str | None, usd: float | None) -> None:
    assert token_usd(model, 2_000_000, 0) == usd


def test_a_token_written_costs_more_than_one_read() -> None:
    assert token_usd("amazon.nova-pro-v1:0", 1_000_000, 1_000_000) == 4


def test_a_collection_in_use_is_awake() -> None:
    environment = load("sandbox-aoss", ROOT / "environments")
    assert in_use(environment) == pytest.approx(sum(idle(environment).values()) / 730 + 0.48)


@pytest.mark.parametrize(
    ("search", "usd"),
    [
        ({"kind": "serverless"}, 0.0),
        ({"kind": "serverless", "capacity": {"search": [2, 8], "indexing": [1, 8]}}, 0.24 * 3 * 730),
        ({"kind": "serverless", "generation": "classic", "capacity": {"search": [2, 8]}}, 0.24 * 3 * 730),
        ({"kind": "domain", "data_nodes": {"instance_type": "r7gd.large.search", "count": 1}}, 0.0),
    ],
    ids=["nextgen", "least units", "classic", "own disks"],
)
def test_what_is_always_billed_is_in_the_idle_cost(tmp_path: Path, search: dict[str, object], usd: float) -> None:
    recipe = "serverless" if search["kind"] == "serverless" else "semantic-search"
    answer = {"answer": CHAT} if recipe == "serverless" else {}
    settings = {"recipe": recipe, "search": {**search, "removal": "destroy"}, "embedding": TITAN, **answer}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(settings))
    environment = load("own", tmp_path)
    assert idle(environment)["search"] == pytest.approx(usd)
    if recipe == "serverless":
        assert in_use(environment) * 730 == pytest.approx(sum(idle(environment).values()) + max(0, 350.4 - usd))


def test_nodes_without_a_known_price_are_named(tmp_path: Path) -> None:
    masters = {"instance_type": "m7g.large.search", "count": 3}
    search = {**SEARCH, "data_nodes": {"instance_type": "r7g.large.search", "count": 2}, "dedicated_masters": masters}
    settings = {"recipe": "semantic-search", "search": {**search, "ultrawarm": {}}, "embedding": TITAN}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(settings))
    assert unknown(load("own", tmp_path)) == ["ultrawarm1.medium.search"]


@pytest.mark.parametrize(("type", "usd", "unpriced"), [("gp3", 0.122 * 20, []), ("gp2", 0.0, ["gp2"])])
def test_a_volume_costs_what_its_type_costs(tmp_path: Path, type: str, usd: float, unpriced: list[str]) -> None:
    nodes = {"instance_type": "t3.small.search", "count": 1}
    search = {**SEARCH, "data_nodes": nodes, "volume": {"size": 20, "type": type}}
    (tmp_path / "own.yaml").write_text(
        yaml.safe_dump({"recipe": "semantic-search", "search": search, "embedding": TITAN})
    )
    environment = load("own", tmp_path)
    assert idle(environment)["search"] == pytest.approx(0.036 * 730 + usd)
    assert unknown(environment) == unpriced
