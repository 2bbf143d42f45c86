"""The account's access to Bedrock models and SageMaker endpoints, and instance quotas for endpoints of a deploy."""

from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Skipped, Unchecked
from settings.answer import AnswerModel
from settings.answer.sagemaker import SageMakerAnswer
from settings.bedrock_base import BedrockModel
from settings.bedrock_embedding import BedrockEmbedding
from settings.embedding.sagemaker import SageMakerEmbedding

# States in which an endpoint answers.
ANSWERING = ("InService", "Updating", "SystemUpdating", "RollingBack")
GRANTED = {"authorizationStatus": "AUTHORIZED"}


def models(context: Context) -> str:
    """Access to the models in the settings, and the quota for endpoints that are not yet deployed."""
    checks = looks(context)
    if not checks:
        raise Skipped("no model is on AWS")
    try:
        return ", ".join(look() for look in checks)
    except (ClientError, BotoCoreError) as error:
        raise Unchecked(f"{error}") from None


def looks(context: Context) -> list[Callable[[], str]]:
    """One function for each model and endpoint. It returns its observation, or raises like a check."""
    settings = context.settings
    embedding, rerank = settings.embedding, settings.retrieval.rerank
    checks: list[Callable[[], str]] = []
    if isinstance(embedding, BedrockEmbedding):
        checks.append(partial(_foundation_model, context, embedding.model, embedding.region, here=True))
    if isinstance(embedding, SageMakerEmbedding):
        made = (embedding.instance_type, _most(embedding)) if embedding.creates_endpoint else None
        checks.append(partial(_endpoint, context, settings.endpoint_name, embedding.region, made))
    for answer in settings.answers.values():
        checks += _looks_at_answers(context, answer)
    if rerank:
        checks.append(partial(_foundation_model, context, rerank.model, rerank.region, here=True))
    return checks


def _looks_at_answers(context: Context, answer: AnswerModel) -> list[Callable[[], str]]:
    checks: list[Callable[[], str]] = []
    if isinstance(answer, BedrockModel):
        if answer.profile:
            checks.append(partial(_profile, context, answer.model, answer.region))
        if answer.foundation_model:
            # A profile calls models in other regions too.
            here = answer.profile is None
            checks.append(partial(_foundation_model, context, answer.foundation_model, answer.region, here=here))
    if isinstance(answer, SageMakerAnswer):
        made = (answer.machine, _most(answer)) if answer.creates_endpoint else None
        name = context.settings.answer_endpoint_name if answer.creates_endpoint else answer.endpoint
        checks.append(partial(_endpoint, context, name, None, made))
    return checks


def _most(model: SageMakerEmbedding | SageMakerAnswer) -> int:
    return max(model.instances, model.scaling.maximum if model.scaling else 0)


def _foundation_model(context: Context, model: str, region: str | None, *, here: bool) -> str:
    client = context.session.client("bedrock", region_name=region or context.session.region_name)
    where = client.meta.region_name
    try:
        availability = client.get_foundation_model_availability(modelId=model)
    except ClientError as error:
        if _code(error) not in ("ResourceNotFoundException", "ValidationException"):
            raise
        raise complaint(context.place, "model-access-denied", f"Bedrock in {where} has no model {model}") from None
    wanted = GRANTED | ({"regionAvailability": "AVAILABLE"} if here else {})
    denied = [
        f"{name} is {availability.get(name)}" for name, value in wanted.items() if availability.get(name) != value
    ]
    if denied:
        cause = f"The account may not use {model} in {where}: {', '.join(denied)}"
        raise complaint(context.place, "model-access-denied", cause)
    missing = {name: state for name, state in _subscription(availability).items() if state != "AVAILABLE"}
    if missing:
        said = ", ".join(f"{name} is {state}" for name, state in missing.items())
        cause = f"Nobody in this account has called {model} in {where} yet: {said}"
        raise complaint(context.place, "model-not-subscribed", cause)
    return f"{model} in {where}"


def _subscription(availability: Any) -> dict[str, Any]:
    """The states of a Marketplace model's subscription, which the first call of the model creates.

    Only a caller with the right to subscribe can make that call. The connector's role has no such right.
    """
    agreement = availability.get("agreementAvailability") or {}
    return {
        "agreementAvailability": agreement.get("status", "AVAILABLE"),
        "entitlementAvailability": availability.get("entitlementAvailability"),
    }


def _profile(context: Context, profile: str, region: str | None) -> str:
    client = context.session.client("bedrock", region_name=region or context.session.region_name)
    where = client.meta.region_name
    try:
        state = client.get_inference_profile(inferenceProfileIdentifier=profile)["status"]
    except ClientError as error:
        if _code(error) not in ("ResourceNotFoundException", "ValidationException"):
            raise
        cause = f"Bedrock in {where} has no inference profile {profile}"
        raise complaint(context.place, "model-access-denied", cause) from None
    if state != "ACTIVE":
        raise complaint(context.place, "model-access-denied", f"The inference profile {profile} in {where} is {state}")
    return f"{profile} in {where}"


def _endpoint(context: Context, name: str, region: str | None, made: tuple[str, int] | None) -> str:
    """The endpoint's state, or the quota for an endpoint that is not yet deployed.

    `made` is the instance type and number of instances of an endpoint that a deploy creates, else None.
    """
    client = context.session.client("sagemaker", region_name=region or context.session.region_name)
    try:
        described = client.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "Could not find endpoint" not in str(error):
            raise
        if made:
            return _quota(context, *made)
        cause = f"There is no endpoint {name} in {client.meta.region_name}"
        raise complaint(context.place, "endpoint-not-in-service", cause) from None
    state = described["EndpointStatus"]
    if state not in ANSWERING:
        reason = f": {described['FailureReason']}" if described.get("FailureReason") else ""
        raise complaint(context.place, "endpoint-not-in-service", f"The endpoint {name} is {state}{reason}")
    return f"endpoint {name} is {state}"


def _quota(context: Context, machine: str, wanted: int) -> str:
    client, name = context.session.client("service-quotas"), f"{machine} for endpoint usage"
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    allowed = next((quota["Value"] for page in pages for quota in page["Quotas"] if quota["QuotaName"] == name), None)
    if allowed is None:
        raise Unchecked(f"Service Quotas does not list {name!r}")
    if allowed < wanted:
        cause = f"The quota {name!r} is {allowed:g}, but {wanted} are needed"
        raise complaint(context.place, "quota-exceeded", cause)
    return f"quota for {machine} is {allowed:g}"


def _code(error: ClientError) -> Any:
    return error.response["Error"].get("Code")


CHECK = Check("quota and model access", models, after="region")
