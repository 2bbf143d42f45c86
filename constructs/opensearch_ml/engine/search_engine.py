"""SearchEngine: the properties of a search engine that a stack needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_opensearchservice as opensearch

from opensearch_ml.providers.secret_keys import SecretKeys


@dataclass(frozen=True)
class SearchEngine:
    """A search engine; `endpoint` is a URL without a path.

    domain_arn: the domain of Amazon OpenSearch Service; None for a collection or a self-managed engine.
    service: the service name in signatures: `es`, or `aoss` for a collection.
    admin_role: ARN of the role that may change role mappings; None when the provisioner may change them itself.
    login: `username` and `password` for an engine without IAM.
    model_keys: `access_key`, `secret_key` and optionally `session_token`, with which such an engine calls models on
        AWS.
    key_revision: a number to increase when the keys in the engine's connectors have changed.
    """

    endpoint: str
    domain_arn: str | None = None
    admin_role: str | None = None
    login: SecretKeys | None = None
    model_keys: SecretKeys | None = None
    key_revision: int = 1
    service: Literal["es", "aoss"] = "es"

    @classmethod
    def from_domain(cls, domain: opensearch.IDomain, *, admin_role: str | None = None) -> SearchEngine:
        """An existing domain of another stack or team; it is not changed."""
        return cls(f"https://{domain.domain_endpoint}", domain_arn=domain.domain_arn, admin_role=admin_role)
