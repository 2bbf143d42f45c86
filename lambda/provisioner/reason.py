"""The reason of a failure as CloudFormation shows it, with the cause at its end.

crhelper 2.0.12 keeps only the last 240 characters.
"""

from mlcommons import ProvisioningError
from mlcommons.cause import tag

LONGEST = 240
SHORTEST_MIDDLE = 40
# Room for the status and for what is refused, such as a parameter of a connector.
BEGINNING = 60


def _shortened(text: str, room: int) -> str:
    """Both ends of the text: its beginning has the answer, and its end the name of an ARN."""
    head = min(BEGINNING, room - 1)
    tail = text[len(text) - (room - 1 - head) :]
    return f"{text[:head].rstrip()}…{tail.lstrip()}"


class FailureReason(Exception):
    """crhelper's answer to CloudFormation; `str()` is the reason. A long one is shortened in its middle."""

    def __init__(self, error: ProvisioningError) -> None:
        end = " ".join(part for part in (error.hint, tag(error.cause)) if part)
        start, middle = error.tried, error.reason.strip().rstrip(".")
        room = max(LONGEST - len(start) - len(end) - len(": . "), SHORTEST_MIDDLE)
        shown = middle if len(middle) <= room else _shortened(middle, room)
        super().__init__(f"{start}: {shown}. {end}" if middle else f"{start}. {end}")
