"""Admits a call to a model: IAM must allow it, and its SageMaker endpoint must exist."""

from __future__ import annotations

import json

from sandbox.front.authority import Authority, Signer
from sandbox.front.provider import ProviderInvocation
from sandbox.front.refusal import ProviderRefusal

ENDPOINT_HEADER = "x-sandbox-endpoint"
COMPONENT_HEADER = "x-amzn-sagemaker-inference-component"


def admit(authority: Authority, caller: Signer, call: ProviderInvocation, component: str | None) -> str | None:
    """The value of `ENDPOINT_HEADER` for the model endpoints: a SageMaker endpoint as JSON; None for other providers.

    `component` is the inference component that the call names. Raises `ProviderRefusal`.
    """
    parts = (call.component_arn(component),) if component and call.endpoint else ()
    for resource in (*call.resources, *parts):
        reason = authority.denial(caller, call.action, resource, {})
        if reason is not None:
            raise ProviderRefusal(
                403,
                "AccessDeniedException",
                f"User: {caller.arn} is not authorized to perform: {call.action} on resource: {resource} {reason}",
                "Message",
            )
    return _endpoint(authority, call, caller.account, component)


def _endpoint(authority: Authority, call: ProviderInvocation, account: str, component: str | None) -> str | None:
    if call.endpoint is None:
        return None
    endpoint = authority.endpoint(call.endpoint, call.region)
    if endpoint is None:
        raise ProviderRefusal(400, "ValidationError", f"Endpoint {call.endpoint} of account {account} not found.")
    if endpoint.get("component") != component:
        raise ProviderRefusal(
            400,
            "ValidationError",
            "Inference Component Name header is required for endpoints to which inference components are deployed. "
            f"Endpoint {call.endpoint} has {endpoint.get('component') or 'none'}; the call names {component}.",
        )
    if component and not authority.called(component):
        raise ProviderRefusal(
            400,
            "ValidationError",
            "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress "
            "(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API.",
        )
    return json.dumps({**endpoint, "name": call.endpoint})
