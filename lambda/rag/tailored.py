"""The parts of the assistant for one question: with the answer model that its reader has chosen."""

from rag.failures import Invalid
from rag.parts import Parts, answering_by
from settings.answer import AnswerModel


def tailored(parts: Parts, model: str | None) -> Parts:
    """The `parts` with the answer model of this name; raises `Invalid` for one that is not offered."""
    settings = parts.settings
    usual = settings.answer.name if isinstance(settings.answer, AnswerModel) else None
    if model in (None, usual):
        return parts
    chosen = settings.models.get(model)
    if chosen is None:
        offered = ", ".join(settings.choices) or usual or "none"
        raise Invalid(f"model is {model!r}, but can be {offered} only. Choose one of them, or leave `model` out.")
    if model not in parts.tailored:
        parts.tailored[model] = answering_by(parts, settings.model_copy(update={"answer": chosen}), model)
    return parts.tailored[model]
