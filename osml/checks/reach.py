"""The engine answers at its endpoint, whatever it says."""

from mlcommons import ProvisioningError
from osml.checks.complaints import complaint
from osml.checks.recognition import cause_of
from osml.checks.seat import Seat
from osml.functions import Functions


def engine(seat: Seat) -> str:
    """The version of the engine, or that it is there and lets nobody in."""
    if seat.on_collection:
        return _collection(seat)
    try:
        found = seat.client.get("/")
    except ProvisioningError as error:
        name = cause_of(error.cause, "engine-unreachable")
        if name == "role-mapping-missing":
            return f"{seat.knowledge.endpoint} answers"
        raise complaint(seat.place, name, f"{seat.knowledge.endpoint}: {error}") from None
    return f"{seat.knowledge.endpoint} is OpenSearch {found['version']['number']}"


def _collection(seat: Seat) -> str:
    """A collection lets its functions in and not the operator, so one of them is asked."""
    reply = Functions(seat.place).get("/health")
    if reply.status != 200:
        raise complaint(seat.place, cause_of(reply.message, "engine-unreachable"), reply.message)
    return "the function documents reaches the index"
