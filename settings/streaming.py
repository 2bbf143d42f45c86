"""Who calls the answer model of an environment: the assistant, which streams the answer, or the search pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment


def streams(environment: Environment) -> bool:
    """Whether the assistant calls the answer model itself.

    Unless `assistant.streaming` decides, it does so if its function can certainly reach the model. Without a VPC it
    always can. In a VPC with endpoints it can reach AWS services in the same region. If a domain's own calls go through
    the VPC, it can reach whatever the domain reaches. Otherwise the subnets' route to the internet is unknown.
    """
    answer, assistant, vpc = environment.answer, environment.assistant, environment.search.vpc
    if answer is None or assistant is None or answer.caller is None:
        return False
    if isinstance(environment.search, Serverless):
        return True
    if assistant.streaming is not None:
        return assistant.streaming
    if vpc is None or vpc.egress == "vpc":
        return True
    return vpc.endpoints == "create" and answer.service is not None and answer.place in (None, vpc.region)
