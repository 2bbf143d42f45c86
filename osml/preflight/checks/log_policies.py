"""The region has room for the domain's log policy. It allows ten log resource policies for an account."""

from collections.abc import Iterator
from typing import Any

from osml.deploy import log_policy
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.verdict import Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext
from settings.new_domain import NewDomain

TITLE, BEFORE_DEPLOY = "log resource policies", True
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
MOST = 10
TYPE = "AWS::Logs::ResourcePolicy"


def look(context: PreflightContext) -> Iterator[Seen]:
    """The policies of the account in this region, and those that the deploy adds."""
    search = context.settings.search
    if not isinstance(search, NewDomain):
        raise Skipped("osml creates no domain here")
    client: Any = context.session.client("logs")
    there = {policy.get("policyName") for policy in client.describe_resource_policies()["resourcePolicies"]}
    if search.log_policy == "exist":
        added: set[str | None] = {log_policy.NAME}
        fix = "Remove an unused log policy (`aws logs describe-resource-policies`)."
    else:
        added = {
            context.named(resource["Properties"].get("PolicyName"))
            for _, _, resource in context.new
            if resource["Type"] == TYPE
        }
        fix = (
            f"Set `search.log_policy: exist` in {context.place.file}, with which environments share one policy, or "
            f"remove an unused policy."
        )
    if len(there | added) > MOST:
        cause = f"The account has {len(there)} log resource policies in {context.region}, which allows at most {MOST}"
        yield complaint(context.place, "log-policies-full", cause, fix)
    else:
        yield f"{len(there)} of {MOST} in {context.region}"
