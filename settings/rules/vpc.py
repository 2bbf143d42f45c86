"""What a VPC asks of the rest of an environment: where its models are, and how they are reached from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from settings.new_domain import NewDomain
from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment


def vpc_has_its_kind(environment: Environment) -> Iterator[str]:
    """Some settings of a VPC are for one kind of engine."""
    search, vpc = environment.search, environment.search.vpc
    if vpc and vpc.collection_endpoint is not None and not isinstance(search, Serverless):
        yield "search.vpc.collection_endpoint is set, but search.kind is not serverless; leave it out"
    if vpc and vpc.egress == "vpc" and not isinstance(search, NewDomain):
        yield "search.vpc.egress is 'vpc', which is said of a domain that is made here; leave it out"


def vpc_reaches_its_models(environment: Environment) -> Iterator[str]:
    """From a VPC with endpoints alone nothing outside AWS is reached, and nothing of another region.

    Functions call the models of a collection from there, and a domain those of its own where its calls go through the
    VPC; otherwise a domain's go over the internet.
    """
    search, vpc = environment.search, environment.search.vpc
    if vpc is None or vpc.endpoints != "create" or not (isinstance(search, Serverless) or vpc.egress == "vpc"):
        return
    models = [model for model in (environment.embedding, environment.answer) if model]
    if any(model.service is None for model in models):
        yield (
            "search.vpc.endpoints is 'create', but a model outside AWS is not reached by an endpoint; give the subnets "
            "a NAT gateway and set search.vpc.endpoints to exist, or choose a model on AWS"
        )
    for setting, region in _regions(environment):
        if region != vpc.region:
            yield (
                f"search.vpc.endpoints is 'create', but {setting} is in {region}, and an endpoint reaches services of "
                f"its own region, {vpc.region}; give the subnets a NAT gateway and set search.vpc.endpoints to exist, "
                "or choose a model of that region"
            )


def _regions(environment: Environment) -> Iterator[tuple[str, str]]:
    """Where models are called, of those that say so, by setting."""
    groups: dict[str, Any] = {"embedding": environment.embedding, "answer": environment.answer}
    if not isinstance(environment.search, Serverless):
        groups |= {"retrieval.rerank": environment.retrieval.rerank}
        groups |= {"retrieval.hybrid.sparse": getattr(environment.retrieval.hybrid, "sparse", None)}
    for setting, value in groups.items():
        of_its_arn = getattr(value, "model_region", None)
        region = of_its_arn(None) if of_its_arn else getattr(value, "region", None)
        if region is not None:
            yield setting, region
