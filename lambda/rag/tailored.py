"""The parts of the assistant for one question, with the model that the reader chose and the current prompt."""

from dataclasses import replace

from rag.budget import Budget
from rag.caller import Caller
from rag.failures import Absent, Forbidden, Invalid
from rag.models import Question
from rag.origin import version_of
from rag.parts import Parts, answering_by
from settings.answer import AnswerModel
from settings.prompt import Prompt


def tailored(parts: Parts, question: Question, caller: Caller, budget: Budget) -> Parts:
    """The `parts` that answer this question.

    Raises `Invalid` for a model that is not offered. Raises `Forbidden` for a draft if the caller is not an owner, and
    `Absent` for a draft if the prompt has no versions.
    """
    settings = parts.settings
    prompt = _prompt(parts, question, caller, budget)
    chosen = _chosen(parts, question.model)
    name = question.model if chosen else None
    wanted = settings.model_copy(update={"answer": chosen or settings.answer, "prompt": prompt or settings.prompt})
    if question.draft:
        return replace(answering_by(parts, wanted, name), cache=None)
    if wanted.prompt == settings.prompt and name is None:
        return parts
    key = (name, version_of(wanted.prompt))
    if key not in parts.tailored:
        parts.tailored[key] = answering_by(parts, wanted, name)
    return parts.tailored[key]


def _chosen(parts: Parts, model: str | None) -> AnswerModel | None:
    """The settings of the model with this name; None for the default model. Raises `Invalid` for an unknown name."""
    settings = parts.settings
    usual = settings.answer.name if isinstance(settings.answer, AnswerModel) else None
    if model in (None, usual):
        return None
    chosen = settings.models.get(model)
    if chosen is None:
        offered = ", ".join(settings.choices) or usual or "none"
        raise Invalid(f"model is {model!r}, but must be one of {offered}. Choose one of them, or leave out `model`.")
    return chosen


def _prompt(parts: Parts, question: Question, caller: Caller, budget: Budget) -> Prompt | None:
    """The current prompt, or the draft; None if the environment has only the prompt of its file."""
    if question.draft and not caller.has("owner"):
        raise Forbidden("Only owners can preview a draft of the prompt. Leave out `draft`.")
    versions = parts.prompts
    if question.draft:
        if versions is None:
            raise Absent(
                "This environment uses the prompt of its file, because assistant.prompts is not set. Leave out `draft`."
            )
        return versions.texts(question.draft, budget)
    return versions.current(budget) if versions else None
