"""Provider: everything the domain must know to call one model somewhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_iam as iam


@dataclass(frozen=True)
class Provider:
    """One way to call one model.

    connector: the body of the connector without name, version and roleArn.
    credential: what the connector's credential holds besides roleArn, such as secretArn.
    statements: what the connector's role must be allowed.
    trusted_endpoints: regular expressions over whole URLs, for hosts the domain does not trust by itself.
    probe: a `_predict` body that a working model answers.
    llm_model: how a search names the model to the retrieval_augmented_generation processor, None when it
        embeds. The processor picks the wire format from it: a prefix such as `bedrock/` is another format.
    llm_response_field: the field of the answer that holds the text, None when `llm_model` says where it is.
    vectors: what decides how an embedding model turns a text into a vector, known at synth time: vectors are
        comparable as long as this is the same.
    """

    name: str
    connector: Mapping[str, object]
    statements: tuple[iam.PolicyStatement, ...]
    probe: Mapping[str, object]
    credential: Mapping[str, str] = field(default_factory=dict)
    trusted_endpoints: tuple[str, ...] = ()
    llm_model: str | None = None
    llm_response_field: str | None = None
    vectors: Mapping[str, object] = field(default_factory=dict)


def client_config(*, connections: int, connect_seconds: int, read_seconds: int) -> dict[str, object]:
    """The connector's `client_config`: bounded waits, and three more tries when the provider throttles.

    Without timeouts a model call waits as long as the engine likes: forever before 3.6, 30 s since.
    """
    return {
        "max_connection": connections,
        "connection_timeout": connect_seconds,
        "read_timeout": read_seconds,
        "max_retry_times": 3,
        "retry_backoff_policy": "exponential_full_jitter",
        "retry_backoff_millis": 200,
        "retry_timeout_seconds": read_seconds,
    }
