"""Which changes make another index version, and which do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

Settings = dict[str, Any]
SEARCH = {"kind": "domain", "vector_engine": "lucene", "data_nodes": {"instance_type": "t3.medium.search", "count": 1}}
TITAN: Settings = {"provider": "titan", "dimension": 1024}


@pytest.fixture(scope="module")
def index_of(
    synthesize: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, flat: Callable[[Any], Any]
) -> Callable[..., str]:
    """The name of the physical index in an environment of the recipe semantic-search."""

    def named(embedding: Settings = TITAN, index: Settings | None = None, **more: Any) -> str:
        folder = tmp_path_factory.mktemp("environments")
        text = {"recipe": "semantic-search", "search": SEARCH, "embedding": embedding, "index": index or {}, **more}
        (folder / "other.yaml").write_text(yaml.safe_dump(text))
        resources = synthesize("other", folder)["osml-other-knowledge"]["Resources"].values()
        (spec,) = [
            json.loads(flat(resource["Properties"]["Spec"]))
            for resource in resources
            if resource["Type"] == "Custom::MlIndex"
        ]
        name: str = spec["name"]
        return name

    return named


def test_a_change_that_leaves_the_vectors_leaves_the_index_version(index_of: Callable[..., str]) -> None:
    other = {**TITAN, "functions": "painless", "region": "us-west-2"}
    more = index_of(other, {"batch_size": 4, "replicas": 0}, timeouts={"embedding": 20})
    assert index_of() == more


def test_a_change_that_an_index_cannot_take_makes_another_index_version(index_of: Callable[..., str]) -> None:
    assert len({index_of(), index_of({**TITAN, "dimension": 512}), index_of(TITAN, {"shards": 2})}) == 3


def test_each_part_of_a_provider_makes_another_index_version() -> None:
    from opensearch_ml import cohere_embedding, index_version, titan_embedding

    providers = [
        titan_embedding(),
        titan_embedding(dimension=256),
        titan_embedding(normalize=False),
        titan_embedding(model="amazon.titan-embed-text-v1"),
        cohere_embedding(),
        cohere_embedding(model="cohere.embed-multilingual-v3"),
        cohere_embedding(input_type="search_query"),
        cohere_embedding(truncate="START"),
    ]
    assert len({index_version(provider.vectors, dimension=1024) for provider in providers}) == len(providers)
    assert index_version(titan_embedding(dimension=1024).vectors) == index_version(
        titan_embedding(region="eu-west-1").vectors
    )


def test_a_value_that_is_known_at_deploy_time_only_is_refused() -> None:
    from aws_cdk import CfnParameter, Stack

    from opensearch_ml import index_version

    late = CfnParameter(Stack(), "Model").value_as_string
    with pytest.raises(ValueError, match="model is known at deploy time only"):
        index_version({"model": late})
