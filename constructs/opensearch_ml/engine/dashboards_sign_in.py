"""DashboardsSignIn: people sign in to Dashboards of a domain with Amazon Cognito."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

# The service's actions on the pools, as in the managed policy AmazonOpenSearchServiceCognitoAccess, but only for these
# two pools.
USER_POOL_ACTIONS = tuple(
    f"cognito-idp:{action}"
    for action in (
        "AdminInitiateAuth",
        "AdminUserGlobalSignOut",
        "CreateUserPoolClient",
        "DeleteUserPoolClient",
        "DescribeUserPool",
        "DescribeUserPoolClient",
        "ListUserPoolClients",
        "UpdateUserPoolClient",
    )
)
IDENTITY_POOL_ACTIONS = tuple(
    f"cognito-identity:{action}" for action in ("DescribeIdentityPool", "GetIdentityPoolRoles", "UpdateIdentityPool")
)


@dataclass(frozen=True)
class DashboardsSignIn:
    """The user pool, which needs its own domain name; the identity pool; and the role that it gives to people."""

    user_pool_id: str
    identity_pool_id: str
    role_arn: str

    def options(self, scope: Construct) -> opensearch.CognitoOptions:
        """The options of a domain, with a role in `scope` that lets the service use both pools."""
        role = iam.Role(
            scope,
            "DashboardsRole",
            # As in Amazon's guide, without aws:SourceAccount: the service refuses a domain if it cannot assume
            # the role.
            assumed_by=iam.ServicePrincipal("opensearchservice.amazonaws.com"),
            description="Sign-in to Dashboards with Cognito",
            inline_policies={"Pools": iam.PolicyDocument(statements=self._statements(Stack.of(scope)))},
        )
        return opensearch.CognitoOptions(
            user_pool_id=self.user_pool_id, identity_pool_id=self.identity_pool_id, role=role
        )

    def _statements(self, stack: Stack) -> list[iam.PolicyStatement]:
        def arn(service: str, resource: str, name: str, region: str) -> str:
            return stack.format_arn(service=service, resource=resource, resource_name=name, region=region)

        user_pool = arn("cognito-idp", "userpool", self.user_pool_id, self.user_pool_id.partition("_")[0])
        identities = self.identity_pool_id
        identity_pool = arn("cognito-identity", "identitypool", identities, identities.partition(":")[0])
        return [
            iam.PolicyStatement(actions=[*USER_POOL_ACTIONS], resources=[user_pool]),
            iam.PolicyStatement(actions=[*IDENTITY_POOL_ACTIONS], resources=[identity_pool]),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role_arn],
                conditions={"StringLike": {"iam:PassedToService": "cognito-identity*"}},
            ),
        ]
