"""Embedding providers in an environment file, and the sentence for settings that contradict each other."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Environment, SettingError, load
from settings.embedding.titan import TitanEmbedding
from settings.prices import idle

SECRET = {"name": "osml/openai"}
SEARCH = {"kind": "domain", "data_nodes": {"instance_type": "r7g.large.search", "count": 1}}
V1 = "amazon.titan-embed-text-v1"
ELSEWHERE = "us-east-1:111122223333:secret:osml/openai-AbCdEf"


def read(folder: Path, embedding: dict[str, Any], **settings: Any) -> Environment:
    text = {"recipe": "semantic-search", "search": SEARCH, "embedding": embedding, **settings}
    (folder / "other.yaml").write_text(yaml.safe_dump(text))
    return load("other", folder)


@pytest.mark.parametrize(
    ("embedding", "model"),
    [
        ({"provider": "sagemaker", "dimension": 384}, "sentence-transformers/all-MiniLM-L6-v2"),
        ({"provider": "titan", "dimension": 256}, "amazon.titan-embed-text-v2:0"),
        ({"provider": "titan", "model": V1, "dimension": 1536}, V1),
        ({"provider": "cohere", "dimension": 1024}, "cohere.embed-english-v3"),
        ({"provider": "openai", "dimension": 512, "secret": SECRET}, "text-embedding-3-small"),
        ({"provider": "openai", "dimension": 1024, "secret": SECRET, "host": "ai.example.com", "path": "/v2/e",
          "model": "BAAI/bge-m3"}, "BAAI/bge-m3"),
    ],
)  # fmt: skip
def test_each_provider_needs_little(tmp_path: Path, embedding: dict[str, Any], model: str) -> None:
    environment = read(tmp_path, embedding)
    assert environment.embedding.model == model
    assert environment.answer is None
    assert list(environment.secrets) == (["embedding"] if "secret" in embedding else [])


@pytest.mark.parametrize(
    ("embedding", "settings", "sentence"),
    [
        (
            {"provider": "titan", "dimension": 384},
            {},
            "embedding: dimension is 384, but amazon.titan-embed-text-v2:0 makes vectors of 256, 512 or 1024; "
            "set one of them.",
        ),
        (
            {"provider": "titan", "model": V1, "dimension": 1024},
            {},
            f"embedding: dimension is 1024, but {V1} makes vectors of 1536; set 1536.",
        ),
        (
            {"provider": "titan", "model": V1, "dimension": 1536, "normalize": False},
            {},
            f"embedding: normalize is false, but {V1} has no such choice; leave it out.",
        ),
        (
            {"provider": "cohere", "dimension": 768},
            {},
            "embedding: dimension is 768, but cohere.embed-english-v3 makes vectors of 1024; set 1024.",
        ),
        (
            {"provider": "openai", "dimension": 2048, "secret": SECRET},
            {},
            "embedding: dimension is 2048, but text-embedding-3-small makes vectors of 1536 at most; set 1536 or less.",
        ),
        (
            {"provider": "openai", "dimension": 512},
            {},
            "embedding.secret is missing; add that group with name.",
        ),
        (
            {"provider": "titan", "dimension": 512, "endpoint": "create"},
            {},
            "embedding.endpoint is not a setting; embedding has provider, model, dimension, region, any_region, "
            "normalize, functions.",
        ),
        (
            {"provider": "sagemaker", "endpoint": "ours", "dimension": 384, "scaling": {"minimum": 0}},
            {},
            "embedding: scaling is of an endpoint made here, but endpoint is 'ours'; leave scaling out.",
        ),
        (
            {"provider": "sagemaker", "component": "ours", "dimension": 384},
            {},
            "embedding: component is a setting for an existing endpoint, but endpoint is 'create'; leave it out.",
        ),
        (
            {"provider": "sagemaker", "dimension": 384, "instances": 2, "scaling": {"maximum": 2}},
            {},
            "embedding: instances is 2, but scaling sets the number of instances; leave it out.",
        ),
        (
            {"provider": "sagemaker", "dimension": 384, "scaling": {"minimum": 2}},
            {},
            "embedding.scaling: maximum is 1, less than minimum 2; set maximum to 2 or more.",
        ),
        (
            {"provider": "sagemaker", "dimension": 384, "scaling": {"stop": "cron(0 20 ? * MON-FRI *)"}},
            {},
            "embedding.scaling.stop is not a setting; embedding.scaling has minimum, maximum, calls_at_once.",
        ),
        (
            {"provider": "mistral", "dimension": 512},
            {},
            "embedding.provider is 'mistral', but can be 'cohere', 'openai', 'sagemaker' or 'titan' only; "
            "set one of them.",
        ),
        (
            {"provider": "titan", "dimension": 512},
            {"region": "us-west-1"},
            "region is 'us-west-1', where Bedrock has no amazon.titan-embed-text-v2:0; set embedding.region to one "
            "that has it (us-east-1, us-east-2, us-west-2), or embedding.any_region to true if "
            "Amazon has added it since.",
        ),
        (
            {"provider": "cohere", "dimension": 1024, "region": "eu-north-1"},
            {"region": "us-east-1"},
            "embedding.region is 'eu-north-1', where Bedrock has no cohere.embed-english-v3; set embedding.region to "
            "one that has it (eu-central-1, eu-west-1, eu-west-2, eu-west-3), or embedding.any_region to true if "
            "Amazon has added it since.",
        ),
        (
            {"provider": "cohere", "dimension": 1024},
            {"index": {"batch_size": 97}},
            "index.batch_size is 97, but Cohere takes 96 texts per call at most; set 96 or less.",
        ),
        (
            {"provider": "titan", "dimension": 1024},
            {"index": {"batch_size": 101}},
            "index.batch_size is 101, and Titan accepts one text per call, which means 101 calls at once, but a "
            "connector "
            "has 100 connections; set 100 or less.",
        ),
        (
            {"provider": "sagemaker", "dimension": 384, "region": "eu-west-1"},
            {},
            "embedding: region is 'eu-west-1', but a new endpoint is in the "
            "environment's region; leave region out, or set endpoint to the name of an existing one there.",
        ),
        (
            {"provider": "titan", "dimension": 1024},
            {"answer": {"provider": "deepseek", "secret": {"name": "osml/deepseek"}}},
            "answer is set, but the recipe semantic-search only finds passages; leave it out, or set "
            "recipe to deepseek-api.",
        ),
        (
            {"provider": "titan", "dimension": 1024},
            {"search": {**SEARCH, "engine_version": "OpenSearch_2.11", "vector_engine": "lucene"},
             "index": {"batch_size": 8}},
            "index.batch_size is 8, but batches need OpenSearch 2.17 or later and search.engine_version is "
            "'OpenSearch_2.11'; leave index.batch_size out.",
        ),
        (
            {"provider": "titan", "dimension": 1024},
            {"search": {**SEARCH, "engine_version": "OpenSearch_2.9"}},
            "search.engine_version: a pipeline that embeds questions needs OpenSearch 2.11 or later; "
            "set OpenSearch_3.5.",
        ),
        (
            {"provider": "openai", "dimension": 512,
             "secret": {**SECRET, "arn": f"arn:aws:secretsmanager:{ELSEWHERE}"}},
            {"region": "eu-west-1"},
            "embedding.secret.arn is in us-east-1, but region is 'eu-west-1'; the environment reads secrets of "
            "its own region only: replicate the secret and set that ARN.",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit(tmp_path: Path, embedding: dict[str, Any], settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        read(tmp_path, embedding, **settings)
    assert str(caught.value).partition("other.yaml: ")[2] == sentence


def test_built_in_functions_need_an_engine_that_has_them(tmp_path: Path) -> None:
    search = {**SEARCH, "engine_version": "OpenSearch_2.11", "vector_engine": "lucene"}
    said = "embedding.functions is 'built-in', which OpenSearch has since 2.13; set auto or painless"
    with pytest.raises(SettingError, match=re.escape(said)):
        read(tmp_path, {"provider": "titan", "dimension": 512, "functions": "built-in"}, search=search)


def test_a_region_that_amazon_has_added_since(tmp_path: Path) -> None:
    embedding = {"provider": "titan", "dimension": 512, "any_region": True}
    assert read(tmp_path, embedding, region="us-west-1").embedding.dimension == 512


@pytest.mark.parametrize(
    ("functions", "version", "scripted"),
    [
        ("auto", "OpenSearch_2.11", True),
        ("auto", "OpenSearch_2.15", False),
        ("auto", "OpenSearch_3.3", False),
        ("built-in", "OpenSearch_2.15", False),
        ("painless", "OpenSearch_3.3", True),
    ],
)
def test_titans_functions_go_by_the_engine(tmp_path: Path, functions: str, version: str, scripted: bool) -> None:
    search = {**SEARCH, "engine_version": version, "vector_engine": "lucene"}
    environment = read(tmp_path, {"provider": "titan", "dimension": 512, "functions": functions}, search=search)
    assert isinstance(environment.embedding, TitanEmbedding)
    assert environment.search.kind == "domain"
    assert environment.embedding.scripted(environment.search.engine_number) is scripted


@pytest.mark.parametrize(
    ("scaling", "stops", "seconds"), [(None, False, None), ({"maximum": 2}, False, None), ({"minimum": 0}, True, 300)]
)
def test_only_a_model_that_stops_has_a_start_to_be_told_of(
    tmp_path: Path, scaling: dict[str, int] | None, stops: bool, seconds: int | None
) -> None:
    more = {} if scaling is None else {"scaling": scaling}
    environment = read(tmp_path, {"provider": "sagemaker", "dimension": 384, **more})
    assert (environment.embedding.stops, environment.embedding.told_start_seconds) == (stops, seconds)
    runtime = environment.embedding.for_runtime(environment)
    assert runtime.model_dump()["component"] == (environment.endpoint_name if scaling else None)


def test_an_embedding_model_that_stops_costs_nothing_idle(tmp_path: Path) -> None:
    runs = read(tmp_path, {"provider": "sagemaker", "dimension": 384})
    assert idle(runs)["embedding"] > 0
    stops = read(tmp_path, {"provider": "sagemaker", "dimension": 384, "scaling": {"minimum": 0}})
    assert idle(stops)["embedding"] == 0
