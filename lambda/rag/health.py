"""The assistant's health: the index exists and can be searched."""

from rag.budget import Budget
from rag.failures import RagFailure
from rag.models import Health
from rag.parts import Parts
from rag.parts import parts as own_parts


def health(seconds: float, parts: Parts | None = None) -> Health:
    """Check the index within `seconds`; never raises a `RagFailure`."""
    parts = own_parts() if parts is None else parts
    environment = parts.settings.environment
    try:
        parts.search.check(Budget(seconds))
    except RagFailure as failure:
        return Health(status="failing", environment=environment, message=failure.message, cause=failure.cause)
    return Health(status="ok", environment=environment)
