"""The IAM action and resources of a call to a model, from its host and path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.front.refusal import ProviderRefusal

_SAGEMAKER = re.compile(r"runtime\.sagemaker\.([a-z0-9-]+)\.amazonaws\.com")
_BEDROCK = re.compile(r"bedrock-runtime\.([a-z0-9-]+)\.amazonaws\.com")
_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations(-response-stream)?")
_MODEL_CALL = re.compile(r"/model/(.+)/(?:(?:invoke|converse)|(invoke-with-response-stream|converse-stream))")
_GUARDRAIL = re.compile(r"/guardrail/(.+)/version/[^/]+/apply")
_PROFILE = re.compile(r"(us|eu|apac|jp|au|ca|us-gov|global)\.(.+)")
# The regions of a geography's inference profiles. For any other geography, only the calling region is used.
_DESTINATIONS = {"us": ("us-east-1", "us-east-2", "us-west-2")}


@dataclass(frozen=True)
class ProviderInvocation:
    """One model call. The caller must be allowed to do `action` on all `resources`.

    `endpoint` is the name of a SageMaker endpoint, or None for Bedrock.
    """

    service: str
    region: str
    action: str
    resources: tuple[str, ...]
    endpoint: str | None = None

    def component_arn(self, name: str) -> str:
        """The ARN of the inference component `name` in the region and account of the endpoint."""
        return self.resources[0].rpartition(":")[0] + f":inference-component/{name}"


def invocation(host: str, path: str, account: str) -> ProviderInvocation | None:
    """The call of an undecoded `path` on an AWS `host`; None for hosts that the local cloud does not emulate.

    Raises `ProviderRefusal` for a path that the provider lacks.
    """
    if match := _SAGEMAKER.fullmatch(host):
        region = match.group(1)
        call = _INVOCATION.fullmatch(path)
        if call is None:
            raise _no_such_operation(path)
        name = unquote(call.group(1))
        arn = f"arn:aws:sagemaker:{region}:{account}:endpoint/{name}"
        action = "InvokeEndpointWithResponseStream" if call.group(2) else "InvokeEndpoint"
        return ProviderInvocation("sagemaker", region, f"sagemaker:{action}", (arn,), name)
    if match := _BEDROCK.fullmatch(host):
        region = match.group(1)
        if guardrail := _GUARDRAIL.fullmatch(path):
            id = unquote(guardrail.group(1)).rpartition("/")[2]
            arn = f"arn:aws:bedrock:{region}:{account}:guardrail/{id}"
            return ProviderInvocation("bedrock", region, "bedrock:ApplyGuardrail", (arn,))
        call = _MODEL_CALL.fullmatch(path)
        if call is None:
            raise _no_such_operation(path)
        resources = _model_arns(unquote(call.group(1)), region, account)
        action = "InvokeModelWithResponseStream" if call.group(2) else "InvokeModel"
        return ProviderInvocation("bedrock", region, f"bedrock:{action}", resources)
    return None


def _model_arns(model: str, region: str, account: str) -> tuple[str, ...]:
    """The ARNs that a call of a model needs: for a profile, also those of the model in each of its regions.

    `model` is the ARN or the id of a model or a profile.
    """
    arn = model
    if model.startswith("arn:"):
        if ":inference-profile/" not in model:
            return (model,)
        model = model.partition(":inference-profile/")[2]
    else:
        arn = f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"
    profile = _PROFILE.fullmatch(model)
    if profile is None:
        return (f"arn:aws:bedrock:{region}::foundation-model/{model}",)
    geography, foundation = profile.groups()
    regions = _DESTINATIONS.get(geography, (region,))
    return (arn, *(f"arn:aws:bedrock:{where}::foundation-model/{foundation}" for where in regions))


def _no_such_operation(path: str) -> ProviderRefusal:
    return ProviderRefusal(404, "UnknownOperationException", f"No operation of the service is at {path}.")
