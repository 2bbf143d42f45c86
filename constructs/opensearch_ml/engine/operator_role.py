"""OperatorRole: the role that users of the account assume to search, ask and ingest."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards
from opensearch_ml.engine.search_domain import HTTP_ACTIONS
from opensearch_ml.engine.search_engine import SearchEngine
from opensearch_ml.providers.inline_credentials import READ

# The security API, which is denied, is the only one that takes PATCH.
REQUESTS = tuple(action for action in HTTP_ACTIONS if action != "es:ESHttpPatch")
WRITES = tuple(action for action in HTTP_ACTIONS if action not in ("es:ESHttpGet", "es:ESHttpHead"))
SECURITY_API = "_plugins/_security/*"


class OperatorRole(Construct):
    """May send signed requests to the domain of `engine`, except requests that change permissions.

    For a self-managed engine it may read the login instead; for a collection it has no permissions by itself. Every
    identity of this account with `sts:AssumeRole` on the role may assume it. `name` is the domain's or the
    environment's, for the description.

    Example::

        operator = ml.OperatorRole(stack, "Operator", engine=engine, name="articles")
        operator.grant_assume_role(iam.Role.from_role_name(stack, "Team", "search-team"))
    """

    def __init__(self, scope: Construct, id: str, *, engine: SearchEngine, name: str) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.AccountRootPrincipal(),
            description=f"Searches, asks and ingests on the domain {name}"
            if engine.domain_arn
            else f"Searches, asks and ingests for {name}",
        )
        self.arn = self.role.role_arn
        if not engine.domain_arn and not engine.login:
            return
        policy = iam.Policy(self, "Policy", roles=[self.role])
        if engine.domain_arn:
            self._allow_requests(policy, engine.domain_arn)
        if engine.login:
            policy.add_statements(iam.PolicyStatement(actions=[READ], resources=[engine.login.arn]))

    def grant_assume_role(self, grantee: iam.IPrincipal) -> iam.Grant:
        """Let `grantee` assume the role."""
        return self.role.grant_assume_role(grantee)

    def _allow_requests(self, policy: iam.Policy, domain_arn: str) -> None:
        policy.add_statements(
            iam.PolicyStatement(actions=list(REQUESTS), resources=[f"{domain_arn}/*"]),
            iam.PolicyStatement(
                effect=iam.Effect.DENY, actions=list(WRITES), resources=[f"{domain_arn}/{SECURITY_API}"]
            ),
        )
        acknowledge_wildcards(
            policy,
            [f"{domain_arn}/*"],
            "Indexes and pipelines are paths of the domain that IAM cannot know; what the role may do on them is "
            "up to fine-grained access control.",
        )
