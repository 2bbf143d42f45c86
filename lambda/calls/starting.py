"""SageMaker models that are stopped while nobody calls them: how to recognise their refusal, and the message for it.

The first call starts the model. That call and all others are refused until the model answers (docs/decisions/0048).
"""

from calls.count_of import count_of

# SageMaker's text for an inference component without copies; the engine may wrap it in other text.
NO_CAPACITY = "has no capacity to process this request"
# The names of the models in messages for people.
EMBEDDING, ANSWER = "The embedding model", "The answer model"
# The default for the time of a start: that of the answer model in its default size.
START_SECONDS = 360.0


def is_starting(text: str) -> bool:
    """Whether `text` contains SageMaker's refusal for a stopped model."""
    return NO_CAPACITY in text


def starting(model: str, seconds: float | None = None) -> str:
    """The message for people about a `model` that answers in about `seconds` (default START_SECONDS)."""
    minutes = max(1, round((seconds or START_SECONDS) / 60))
    return f"{model} was stopped while nobody asked, and is starting. Try again in about {count_of(minutes, 'minute')}."
