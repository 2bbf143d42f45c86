"""The routes about the versions of the prompt."""

import current
from gateway.caller import named
from rag.budget import Budget
from rag.own_settings import settings
from rag.prompt_models import PromptIn, PromptList, PromptVersion
from rag.prompt_versions import ALWAYS, own_versions
from routing import Router

router = Router()


@router.route(
    "GET /prompts",
    operation_id="listPrompts",
    summary="List the versions of the prompt",
    response_description="The versions, the current one first.",
)
def listed() -> PromptList:
    """Lists the versions of the prompt, with who has published each, and when."""
    return PromptList(versions=own_versions().listed(Budget(current.seconds())), always=ALWAYS)


@router.route(
    "POST /prompts",
    operation_id="publishPrompt",
    summary="Publish a prompt",
    response_description="The version that answers now use.",
)
def published(body: PromptIn) -> PromptVersion:
    """Publishes a prompt, or an earlier version once more; answers follow it within 30 seconds."""
    by = named(current.REQUEST.get().event, settings().access)
    return own_versions().publish(body, by, Budget(current.seconds()))
