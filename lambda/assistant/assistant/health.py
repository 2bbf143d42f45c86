"""Whether the assistant could answer: the index is there and may be searched."""

from assistant.budget import Budget
from assistant.failures import Failure
from assistant.models import Health
from assistant.parts import Parts
from assistant.parts import parts as own_parts


def health(seconds: float, parts: Parts | None = None) -> Health:
    """Look at the index, within `seconds`; never raises a `Failure`."""
    parts = own_parts() if parts is None else parts
    environment = parts.settings.environment
    try:
        parts.search.check(Budget(seconds))
    except Failure as failure:
        return Health(status="failing", environment=environment, message=failure.message)
    return Health(status="ok", environment=environment)
