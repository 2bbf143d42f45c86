"""Who calls the answer model of an environment: its assistant, to which the answer streams, or the search pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment


def streams(environment: Environment) -> bool:
    """Whether the assistant calls the answer model itself.

    Unless `assistant.streaming` decides, it does so where its function certainly reaches the model: always without a
    VPC. In a VPC with endpoints alone it reaches services of AWS in the same region, and where a domain's own calls go
    through the VPC, whatever the domain reaches. Otherwise nothing is known of the subnets' way to the internet.
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
