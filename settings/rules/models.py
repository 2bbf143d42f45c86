"""Rules for models that readers choose from, and for prompts that owners publish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.answer.sagemaker import SageMakerAnswer

if TYPE_CHECKING:
    from settings import Environment

# The name of the environment's own model for clients of OpenAI's API.
ALIAS = "osml"


def owners_change_the_prompt(environment: Environment) -> Iterator[str]:
    """Owners can change the prompt only if the assistant calls the model; a search pipeline's prompt is fixed."""
    if not environment.assistant or not environment.assistant.prompts:
        return
    if environment.answer is None:
        yield "assistant.prompts is true, but no model answers; leave it out"
    elif not environment.streams:
        yield (
            "assistant.prompts is true, but the engine's pipeline answers, with the prompt of its deploy; set "
            "assistant.streaming to true, or leave assistant.prompts out"
        )


def readers_choose(environment: Environment) -> Iterator[str]:
    """The assistant must be able to call each model, and each needs a unique name."""
    models = environment.assistant.models if environment.assistant else {}
    if not models:
        return
    if environment.answer is None:
        yield "assistant.models is set, but no model answers; leave it out"
        return
    if not environment.streams:
        yield (
            "assistant.models is set, but the engine's pipeline answers, with one model; set assistant.streaming to "
            "true, or leave assistant.models out"
        )
    taken = {environment.answer.name: "answer.model", ALIAS: "the API", environment.name: "the environment"}
    for name, model in models.items():
        setting = f"assistant.models.{name}"
        if name in taken:
            yield f"{setting} has the name of {taken[name]}, and readers could not tell them apart; choose another name"
        if model.caller is None:
            yield (
                f"{setting}.provider is {model.provider!r}, a connector of ml-commons, but the assistant calls these "
                "models itself; choose another provider"
            )
        if isinstance(model, SageMakerAnswer) and model.creates_endpoint:
            yield f"{setting} needs a new endpoint, which only answer can create; set its endpoint to an existing one"
        if environment.retrieval.agentic and not model.calls_tools:
            yield (
                f"retrieval.agentic is set, but {setting} calls no tools here; choose deepseek, openai, or "
                "bedrock-converse with another model than DeepSeek-R1, or leave retrieval.agentic out"
            )
        for fault in model.faults(environment):
            yield fault.replace("answer.", f"{setting}.") if fault.startswith("answer.") else fault
