"""The account has room for one more domain, and for the roles of the stacks."""

from collections.abc import Iterator
from typing import Any

from osml.doctor.checks.complaints import complaint
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "service quotas", True
DOMAINS = "L-076D529E"
NODES = "L-6408ABDE"
DOMAIN = "AWS::OpenSearchService::Domain"


def look(context: PreflightContext) -> Iterator[Seen]:
    """Compare what is used and what the deploy adds with the quotas of the account."""
    for what, used, added, allowed in _quotas(context):
        if added and used + added > allowed:
            cause = f"The quota of {what} is {allowed:g}: {used} are used, and the deploy adds {added}"
            fix = f"Raise it in Service Quotas, or remove unused resources; then `osml deploy {context.place.options}`."
            yield complaint(context.place, "quota-exceeded", cause, fix)
        else:
            yield f"{what}: {used} + {added} of {allowed:g}"


def _quotas(context: PreflightContext) -> Iterator[tuple[str, int, int, float]]:
    """What is counted, how many are used, how many the deploy adds, and the quota."""
    roles = context.session.client("iam").get_account_summary()["SummaryMap"]
    yield "roles", roles["Roles"], context.makes("AWS::IAM::Role"), roles["RolesQuota"]
    if not context.makes(DOMAIN):
        return
    client: Any = context.session.client("service-quotas")
    used = len(context.session.client("opensearch").list_domain_names()["DomainNames"])
    yield "domains in this region", used, context.makes(DOMAIN), _allowed(client, DOMAINS)
    cluster = next(
        resource["Properties"]["ClusterConfig"] for _, _, resource in context.new if resource["Type"] == DOMAIN
    )
    yield "instances of a domain", 0, int(cluster["InstanceCount"]), _allowed(client, NODES)


def _allowed(client: Any, code: str) -> float:
    """The account's own quota, or else Amazon's default."""
    try:
        return float(client.get_service_quota(ServiceCode="es", QuotaCode=code)["Quota"]["Value"])
    except client.exceptions.NoSuchResourceException:
        return float(client.get_aws_default_service_quota(ServiceCode="es", QuotaCode=code)["Quota"]["Value"])
