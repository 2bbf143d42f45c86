"""OperatorRole: the role people of the account take to search, ask and ingest."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge_wildcards
from opensearch_ml.search_domain import HTTP_ACTIONS, SearchDomain

WRITES = tuple(action for action in HTTP_ACTIONS if action not in ("es:ESHttpGet", "es:ESHttpHead"))
SECURITY_API = "_plugins/_security/*"


class OperatorRole(Construct):
    """May send signed requests to `domain`, except such as change who may do what on it.

    Whoever has `sts:AssumeRole` on it in this account may take it.
    """

    def __init__(self, scope: Construct, id: str, *, domain: SearchDomain) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.AccountRootPrincipal(),
            description=f"Searches, asks and ingests on the domain {domain.name}",
        )
        policy = iam.Policy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=list(HTTP_ACTIONS), resources=[f"{domain.arn}/*"]),
                iam.PolicyStatement(
                    effect=iam.Effect.DENY, actions=list(WRITES), resources=[f"{domain.arn}/{SECURITY_API}"]
                ),
            ],
        )
        self.arn = self.role.role_arn
        acknowledge_wildcards(
            policy,
            [f"{domain.arn}/*"],
            "Indexes and pipelines are paths of the domain that IAM cannot know; what the role may do on them is "
            "up to fine-grained access control.",
        )
