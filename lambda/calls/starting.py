"""Models on SageMaker that are stopped while nobody calls them: how a refusal is recognised, and what people are told.

The first call starts the model. It is refused, as all others are until the model answers (docs/decisions/0048).
"""

# What SageMaker says of an inference component without copies, in whatever the engine wraps it.
NO_CAPACITY = "has no capacity to process this request"
# The models, as people are told of them.
EMBEDDING, ANSWER = "The embedding model", "The answer model"
# How long a start takes where nobody knows better: as long as that of the default size of the model that answers.
START_SECONDS = 360.0


def is_starting(text: str) -> bool:
    """Whether `text` says that a model is stopped."""
    return NO_CAPACITY in text


def starting(model: str, seconds: float | None = None) -> str:
    """What people are told of a `model` that answers in about `seconds`."""
    minutes = max(1, round((seconds or START_SECONDS) / 60))
    return f"{model} was stopped while nobody asked, and is starting. Try again in about {minutes} minutes."
