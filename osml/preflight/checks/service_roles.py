"""The account has the service-linked roles that AWS services need and that no deploy creates."""

from collections.abc import Iterator

from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.verdict import Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext
from settings.new_domain import NewDomain

TITLE, BEFORE_DEPLOY = "service-linked roles", True
# The present name, and that of accounts that had domains of Elasticsearch.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/slr.html
ROLES = ("AWSServiceRoleForAmazonOpenSearchService", "AWSServiceRoleForAmazonElasticsearchService")


def look(context: PreflightContext) -> Iterator[Seen]:
    """Look for the role of a domain in a VPC, which creates network interfaces in the account. No other needs one."""
    search = context.settings.search
    if not isinstance(search, NewDomain) or search.vpc is None:
        raise Skipped("only a new domain in a VPC needs one")
    client = context.session.client("iam")
    for name in ROLES:
        try:
            client.get_role(RoleName=name)
        except client.exceptions.NoSuchEntityException:
            continue
        yield name
        return
    yield complaint(context.place, "service-role-missing", f"The account has no role {ROLES[0]}")
