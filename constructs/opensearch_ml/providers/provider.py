"""Provider: everything that the domain needs to call one external model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_iam as iam


@dataclass(frozen=True)
class Provider:
    """One way to call one model.

    connector: the body of the connector without name, version and roleArn.
    credential: the connector's credential without roleArn, such as secretArn.
    statements: the permissions of the connector's role.
    trusted_endpoints: regular expressions over whole URLs, in addition to those of the connector's hosts.
    probe: a `_predict` body that a working model answers.
    llm_model: the model's name for the retrieval_augmented_generation processor in a search; None for an embedding
        model. The processor chooses the wire format by it: a prefix such as `bedrock/` means another format.
    llm_response_field: the field of the answer that contains the text; None when `llm_model` determines it.
    vectors: the values, known at synth, that determine an embedding model's vectors. Vectors are comparable if these
        values are equal.
    wildcards: the actions and resources of the statements that contain a wildcard, each with the reason for it.
    """

    name: str
    connector: Mapping[str, Any]
    statements: tuple[iam.PolicyStatement, ...]
    probe: Mapping[str, object]
    credential: Mapping[str, str] = field(default_factory=dict)
    trusted_endpoints: tuple[str, ...] = ()
    llm_model: str | None = None
    llm_response_field: str | None = None
    vectors: Mapping[str, object] = field(default_factory=dict)
    wildcards: Mapping[str, str] = field(default_factory=dict)

    @property
    def trusted(self) -> tuple[str, ...]:
        """The URLs that the domain must trust: every host that the connector calls, and `trusted_endpoints`.

        They include hosts that a domain trusts by default, because somebody may have changed the list. If the list
        already trusts all of them, nothing is written.
        """
        return tuple(dict.fromkeys([*map(_host_pattern, _urls(self.connector)), *self.trusted_endpoints]))

    def caller_statements(self, *, streamed: bool = False) -> list[iam.PolicyStatement]:
        """The permissions of a function to call the model, `streamed` or in one piece, and to read its key."""
        statements = []
        for statement in self.statements:
            actions = [action for action in statement.actions if action not in CONNECTORS_OWN]
            if streamed:
                actions = [STREAMED.get(action, action) for action in actions]
            statements.append(iam.PolicyStatement(actions=actions, resources=statement.resources))
        return statements


# The actions of a connector, which cannot stream, with the actions of a caller that streams.
STREAMED = {
    "bedrock:InvokeModel": "bedrock:InvokeModelWithResponseStream",
    "sagemaker:InvokeEndpoint": "sagemaker:InvokeEndpointWithResponseStream",
}
# Actions on a secret that a connector needs, but another caller does not.
CONNECTORS_OWN = {"secretsmanager:DescribeSecret"}


def _urls(connector: Mapping[str, object]) -> list[str]:
    """The URLs of the connector's actions, with its parameters filled in."""
    actions, parameters = connector.get("actions"), connector.get("parameters")
    assert isinstance(actions, Sequence)  # noqa: S101 for the type checker
    urls = [str(action["url"]) for action in actions]
    for name, value in parameters.items() if isinstance(parameters, Mapping) else ():
        urls = [url.replace(f"${{parameters.{name}}}", str(value)) for url in urls]
    return urls


def _host_pattern(url: str) -> str:
    """A pattern for all URLs of one host; tokens, such as one for the region, are kept until the deploy."""
    host = re.sub(r"^(https?://[^/]+).*$", r"\1", url, flags=re.DOTALL)
    parts = re.split(r"(\$\{Token\[[^\]]*\]\})", host)
    return f"^{''.join(part if part.startswith('${Token[') else re.escape(part) for part in parts)}/.*$"


def client_config(*, connections: int, connect_seconds: int, read_seconds: int) -> dict[str, object]:
    """The connector's `client_config`: limited waits, and three retries when the provider throttles.

    Without timeouts, a model call waits for the engine's default: forever before 3.6, 30 s since.
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
