"""SearchEngine: what a stack must know of the search engine it works on, whoever made it."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_opensearchservice as opensearch

from opensearch_ml.secret_keys import SecretKeys


@dataclass(frozen=True)
class SearchEngine:
    """`endpoint` is an URL without a path.

    domain_arn: the domain of Amazon OpenSearch Service, None for a collection and for an engine of one's own.
    service: what requests to it are signed for, `es` or, for a collection, `aoss`.
    admin_role: ARN of a role that is taken to change role mappings; None when the provisioner may change them itself.
    login: `username` and `password` for an engine that knows no IAM.
    model_keys: `access_key`, `secret_key` and perhaps `session_token`, with which such an engine calls models on AWS.
    key_revision: raised when keys have changed that its connectors hold.
    """

    endpoint: str
    domain_arn: str | None = None
    admin_role: str | None = None
    login: SecretKeys | None = None
    model_keys: SecretKeys | None = None
    key_revision: int = 1
    service: str = "es"

    @classmethod
    def from_domain(cls, domain: opensearch.IDomain, *, admin_role: str | None = None) -> SearchEngine:
        """A domain that another stack or team has made; it stays as it is."""
        return cls(f"https://{domain.domain_endpoint}", domain_arn=domain.domain_arn, admin_role=admin_role)
