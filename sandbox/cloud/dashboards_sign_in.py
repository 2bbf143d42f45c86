"""Amazon's checks before a domain gets sign-in to Dashboards with Cognito, with Amazon's error messages.

https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cognito-auth.html (common configuration issues)
"""

from typing import Any

from ministack.services import cognito

from sandbox.cloud import roles
from sandbox.cloud.domain_rules import InvalidDomain
from sandbox.cloud.template import as_bool

# The name in the guide, and the older name, which Amazon still accepts.
SERVICES = ("opensearchservice.amazonaws.com", "es.amazonaws.com")
NEEDED = ("UserPoolId", "IdentityPoolId", "RoleArn")


def check(options: dict[str, Any]) -> None:
    """Raises InvalidDomain. `options` are a domain's `CognitoOptions`."""
    if not as_bool(options.get("Enabled")):
        return
    missing = [name for name in NEEDED if not options.get(name)]
    if missing:
        raise InvalidDomain(f"CognitoOptions is enabled without {' and '.join(missing)}.")
    pool_id, identity_pool_id, role_arn = (str(options[name]) for name in NEEDED)
    role = roles.find(role_arn)
    if role is None or not any(roles.trusts(role, service, {}) for service in SERVICES):
        raise InvalidDomain("OpenSearch Service must be allowed to use the passed role")
    account = roles.account(role_arn)
    region, _, _ = pool_id.partition("_")
    _require(role, "cognito-idp:DescribeUserPool", f"arn:aws:cognito-idp:{region}:{account}:userpool/{pool_id}")
    pool = cognito._user_pools.get_scoped(account, region, pool_id)
    if pool is None:
        raise InvalidDomain("User pool does not exist")
    region, _, _ = identity_pool_id.partition(":")
    arn = f"arn:aws:cognito-identity:{region}:{account}:identitypool/{identity_pool_id}"
    _require(role, "cognito-identity:DescribeIdentityPool", arn)
    if cognito._identity_pools.get_scoped(account, region, identity_pool_id) is None:
        raise InvalidDomain("IdentityPool not found")
    if not (pool.get("Domain") or pool.get("CustomDomain")):
        raise InvalidDomain("Domain needs to be specified for user pool")


def _require(role: roles.Record, action: str, resource: str) -> None:
    if not roles.may(role, action, resource):
        raise InvalidDomain(f"User is not authorized to perform: {action} on resource: {resource}")
