"""Rules between a VPC and the rest of an environment: which models can be reached from the VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from settings.model_settings import ModelSettings
from settings.new_domain import NewDomain
from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment


def vpc_has_its_kind(environment: Environment) -> Iterator[str]:
    """Some settings of a VPC are only for one kind of engine."""
    search, vpc = environment.search, environment.search.vpc
    if vpc and vpc.collection_endpoint is not None and not isinstance(search, Serverless):
        yield "search.vpc.collection_endpoint is set, but search.kind is not serverless; leave it out"
    if vpc and vpc.collection_endpoint is not None and getattr(search, "collection", None):
        yield (
            "search.vpc.collection_endpoint is for a new collection, but search.collection names one that exists, and "
            "its own network policy says who reaches it; leave it out"
        )
    if vpc and vpc.egress == "vpc" and not isinstance(search, NewDomain):
        yield "search.vpc.egress is 'vpc', which is only for a new domain; leave it out"


def vpc_reaches_its_models(environment: Environment) -> Iterator[str]:
    """A VPC with endpoints and without a NAT gateway reaches only AWS services in its own region.

    From the VPC, functions call the models of a collection, and the answer model if answers stream. A domain calls its
    models from the VPC only if `egress` is `vpc`, and otherwise over the internet.
    """
    search, vpc = environment.search, environment.search.vpc
    if vpc is None or vpc.endpoints != "create":
        return
    all_of_them = isinstance(search, Serverless) or vpc.egress == "vpc"
    called = _called(environment, all_of_them)
    if any(isinstance(model, ModelSettings) and model.service is None for model in called.values()):
        yield (
            "search.vpc.endpoints is 'create', but an endpoint cannot reach a model outside AWS; give the subnets "
            f"a NAT gateway and set search.vpc.endpoints to exist, {_otherwise(all_of_them)}or choose a model on AWS"
        )
    for setting, region in _regions(called):
        if region != vpc.region:
            yield (
                f"search.vpc.endpoints is 'create', but {setting} is in {region}, and an endpoint reaches services of "
                f"its own region, {vpc.region}; give the subnets a NAT gateway and set search.vpc.endpoints to exist, "
                f"{_otherwise(all_of_them)}or choose a model of that region"
            )


def _otherwise(all_of_them: bool) -> str:
    return "" if all_of_them else "or set assistant.streaming to false, "


def _called(environment: Environment, all_of_them: bool) -> dict[str, Any]:
    """What is called from the VPC, by setting: all models, or only the answer models if answers stream."""
    groups: dict[str, Any] = {}
    if all_of_them:
        groups["embedding"] = environment.embedding
    if all_of_them or environment.streams:
        groups |= environment.answers
    if all_of_them and not isinstance(environment.search, Serverless):
        groups["retrieval.rerank"] = environment.retrieval.rerank
        groups["retrieval.hybrid.sparse"] = getattr(environment.retrieval.hybrid, "sparse", None)
    if environment.assistant:
        groups["assistant.guardrails.bedrock"] = environment.assistant.bedrock_guardrail
    return groups


def _regions(called: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The setting and the region of everything in `called` that has a region."""
    for setting, value in called.items():
        region = value.place if isinstance(value, ModelSettings) else getattr(value, "region", None)
        if region is not None:
            yield setting, region
