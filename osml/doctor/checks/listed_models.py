"""Whether the models in the settings exist, according to the providers' lists.

Every finding is only a note: a provider may serve a model that it no longer lists, and a later check calls the model.
"""

from collections.abc import Iterator
from datetime import UTC

from botocore.exceptions import BotoCoreError, ClientError

from osml.doctor.checks import model_list
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Noted, Skipped, Unchecked
from settings.bedrock_base import BedrockModel
from settings.bedrock_embedding import BedrockEmbedding
from settings.end_of_life import NOTICE


def model_names(context: Context) -> str:
    """The models that their providers list; notes a model that is not listed or will be retired."""
    seen = [*_chat(context), *_bedrock(context)]
    if not seen:
        raise Skipped("no provider has a list of models")
    return ", ".join(seen)


def _chat(context: Context) -> Iterator[str]:
    """Models of providers with an OpenAI-compatible API."""
    for setting, model, listed_at, secret in model_list.listed_models(context.settings):
        listed = model_list.names(context, listed_at, secret)
        _require(context, setting, model, listed, listed_at.host)
        yield f"{listed_at.host} has {model}"


def _bedrock(context: Context) -> Iterator[str]:
    """Foundation models and inference profiles, each in the region of its calls."""
    for setting, model, profile, region in _of_bedrock(context):
        client = context.session.client("bedrock", region_name=region or context.session.region_name)
        where = f"Bedrock in {client.meta.region_name}"
        try:
            summaries = {summary["modelId"]: summary for summary in client.list_foundation_models()["modelSummaries"]}
            pages = client.get_paginator("list_inference_profiles").paginate() if profile else ()
            profiles = [
                summary["inferenceProfileId"] for page in pages for summary in page["inferenceProfileSummaries"]
            ]
        except (ClientError, BotoCoreError) as error:
            raise Unchecked(f"{error}") from None
        if profile:
            _require(context, setting, profile, profiles, where)
        # A profile also calls models in other regions, so its model need not be listed in this one.
        elif model not in summaries:
            _require(context, setting, model, list(summaries), where)
        ends = summaries.get(model, {}).get("modelLifecycle", {}).get("endOfLifeTime")
        if ends and ends.astimezone(UTC).date() - NOTICE <= context.today:
            cause = f"{setting} is {model!r}, whose end of life is {ends.astimezone(UTC).date()} (source: {where})"
            raise Noted(complaint(context.place, "end-of-life", cause))
        yield f"{where} has {profile or model}"


def _of_bedrock(context: Context) -> Iterator[tuple[str, str, str | None, str | None]]:
    settings = context.settings
    if isinstance(settings.embedding, BedrockEmbedding):
        yield "embedding.model", settings.embedding.model, None, settings.embedding.region
    for setting, answer in settings.answers.items():
        if isinstance(answer, BedrockModel) and answer.foundation_model:
            yield f"{setting}.model", answer.foundation_model, answer.profile, answer.model_region(None)
    if settings.retrieval.rerank:
        yield "retrieval.rerank.model", settings.retrieval.rerank.model, None, settings.retrieval.rerank.region


def _require(context: Context, setting: str, model: str, listed: list[str], where: str) -> None:
    if model in listed:
        return
    near = sorted(listed, key=lambda name: _shared(name, model), reverse=True)[:4]
    cause = f"{setting} is {model!r}, but {where} does not list it; similar models: {', '.join(sorted(near)) or 'none'}"
    raise Noted(complaint(context.place, "model-unknown", cause))


def _shared(name: str, other: str) -> int:
    """The length of the common beginning of two names."""
    return next((at for at, (a, b) in enumerate(zip(name, other, strict=False)) if a != b), min(len(name), len(other)))


CHECK = Check("model names", model_names, after="quota and model access")
