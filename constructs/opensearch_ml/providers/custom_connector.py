"""The provider that answers through a custom connector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam

from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.request_script import FOR_PARAMETERS, of_parameters


def custom_connector(
    connector: Mapping[str, Any],
    *,
    secret: ModelSecret | None = None,
    statements: Sequence[tuple[Sequence[str], Sequence[str]]],
    trusted_endpoints: Sequence[str],
    llm_model: str,
    llm_response_field: str | None,
    probe: Mapping[str, Any],
    wildcards: Mapping[str, str] | None = None,
    connect_seconds: int = 5,
    read_seconds: int = 60,
) -> Provider:
    """The provider with the connector body `connector`, which has no name, version, credential or client_config.

    `statements` are actions and resources for the connector's role, which may also read `secret`. The hosts of the
    connector's actions are trusted even if `trusted_endpoints` does not name them. `wildcards` maps each action and
    resource with a wildcard to the reason for it.
    """
    allowed = [iam.PolicyStatement(actions=[*actions], resources=[*resources]) for actions, resources in statements]
    return Provider(
        name="a model of your own",
        connector={
            **_as_data(connector),
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
        },
        credential={"secretArn": secret.arn} if secret else {},
        statements=(*allowed, *([secret.read] if secret else [])),
        trusted_endpoints=tuple(trusted_endpoints),
        probe={"parameters": dict(probe)},
        llm_model=llm_model,
        llm_response_field=llm_response_field,
        wildcards=dict(wildcards or {}),
    )


def _as_data(connector: Mapping[str, Any]) -> dict[str, Any]:
    """The body with a function in each `predict` action that writes the request, unless the action has its own."""
    parameters = dict(connector.get("parameters") or {})
    actions = [_written(action, parameters) for action in connector["actions"]]
    mine = FOR_PARAMETERS if actions != connector["actions"] else {}
    return {**connector, "parameters": {**mine, **parameters}, "actions": actions}


def _written(action: Mapping[str, Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    if "pre_process_function" in action or str(action["action_type"]).lower() != "predict":
        return action
    return {**action, **of_parameters(str(action["request_body"]), parameters)}
