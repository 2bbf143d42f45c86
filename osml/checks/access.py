"""What the account may use: Bedrock's models, SageMaker's endpoints, and instances for those that a deploy makes."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from osml.checks.complaints import complaint
from osml.checks.seat import Seat
from osml.checks.verdict import Skipped
from osml.environment.answer_bedrock import BedrockModel
from osml.environment.answer_sagemaker import SageMakerAnswer
from osml.environment.embedding import BedrockEmbedding, SageMakerEmbedding

# An endpoint in one of these states answers.
ANSWERING = ("InService", "Updating", "SystemUpdating", "RollingBack")
GRANTED = {"authorizationStatus": "AUTHORIZED", "entitlementAvailability": "AVAILABLE"}


def models(seat: Seat) -> str:
    """Access to the models that the settings name, and a quota for what the deploy is yet to make."""
    if seat.place.instance:
        raise Skipped("the local cloud has no quotas, and every model it has may be used")
    try:
        seen = list(_seen(seat))
    except (ClientError, BotoCoreError) as error:
        raise Skipped(f"could not be checked: {error}") from None
    if not seen:
        raise Skipped("the models are not AWS's")
    return ", ".join(seen)


def _seen(seat: Seat) -> Iterator[str]:
    settings = seat.settings
    embedding, answer = settings.embedding, settings.answer
    if isinstance(embedding, BedrockEmbedding):
        yield _foundation_model(seat, embedding.model, embedding.region, here=True)
    if isinstance(embedding, SageMakerEmbedding):
        made = (embedding.instance_type, embedding.instances) if embedding.creates_endpoint else None
        yield _endpoint(seat, settings.endpoint_name, embedding.region, made)
    if isinstance(answer, BedrockModel):
        if answer.profile:
            yield _profile(seat, answer.model, answer.region)
        if answer.foundation_model:
            # A profile leads to regions other than the one it is called in.
            yield _foundation_model(seat, answer.foundation_model, answer.region, here=answer.profile is None)
    if isinstance(answer, SageMakerAnswer):
        made = (answer.machine, answer.instances) if answer.creates_endpoint else None
        yield _endpoint(seat, settings.answer_endpoint_name, None, made)


def _foundation_model(seat: Seat, model: str, region: str | None, *, here: bool) -> str:
    client = seat.session.client("bedrock", region_name=region or seat.session.region_name)
    where = client.meta.region_name
    try:
        found = client.get_foundation_model_availability(modelId=model)
    except ClientError as error:
        if _code(error) not in ("ResourceNotFoundException", "ValidationException"):
            raise
        raise complaint(seat.place, "model-access-denied", f"Bedrock in {where} has no model {model}") from None
    wanted = GRANTED | ({"regionAvailability": "AVAILABLE"} if here else {})
    denied = [f"{name} is {found.get(name)}" for name, value in wanted.items() if found.get(name) != value]
    if denied:
        cause = f"The account may not use {model} in {where}: {', '.join(denied)}"
        raise complaint(seat.place, "model-access-denied", cause)
    return f"{model} in {where}"


def _profile(seat: Seat, profile: str, region: str | None) -> str:
    client = seat.session.client("bedrock", region_name=region or seat.session.region_name)
    where = client.meta.region_name
    try:
        state = client.get_inference_profile(inferenceProfileIdentifier=profile)["status"]
    except ClientError as error:
        if _code(error) not in ("ResourceNotFoundException", "ValidationException"):
            raise
        cause = f"Bedrock in {where} has no inference profile {profile}"
        raise complaint(seat.place, "model-access-denied", cause) from None
    if state != "ACTIVE":
        raise complaint(seat.place, "model-access-denied", f"The inference profile {profile} in {where} is {state}")
    return f"{profile} in {where}"


def _endpoint(seat: Seat, name: str, region: str | None, made: tuple[str, int] | None) -> str:
    """The endpoint's state; one that a deploy is yet to make (`made` of instances of a type) needs a quota for it."""
    client = seat.session.client("sagemaker", region_name=region or seat.session.region_name)
    try:
        found = client.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if "Could not find endpoint" not in str(error):
            raise
        if made:
            return _quota(seat, *made)
        cause = f"There is no endpoint {name} in {client.meta.region_name}"
        raise complaint(seat.place, "endpoint-not-in-service", cause) from None
    state = found["EndpointStatus"]
    if state not in ANSWERING:
        reason = f": {found['FailureReason']}" if found.get("FailureReason") else ""
        raise complaint(seat.place, "endpoint-not-in-service", f"The endpoint {name} is {state}{reason}")
    return f"endpoint {name} is {state}"


def _quota(seat: Seat, machine: str, wanted: int) -> str:
    client, name = seat.session.client("service-quotas"), f"{machine} for endpoint usage"
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    allowed = next((one["Value"] for page in pages for one in page["Quotas"] if one["QuotaName"] == name), None)
    if allowed is None:
        raise Skipped(f"could not be checked: Service Quotas does not list {name!r}")
    if allowed < wanted:
        cause = f"The quota {name!r} is {allowed:g}, and {wanted} are wanted"
        raise complaint(seat.place, "quota-exceeded", cause)
    return f"quota for {machine} is {allowed:g}"


def _code(error: ClientError) -> Any:
    return error.response["Error"].get("Code")
