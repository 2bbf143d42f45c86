"""The engine answers at its endpoint, with any status."""

from mlcommons import ProvisioningError
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint, named
from osml.doctor.checks.context import Context
from osml.remote.functions import Functions


def engine(context: Context) -> str:
    """The engine's version, or only that it answers, if it maps no role to the operator."""
    if context.on_collection:
        return _collection(context)
    try:
        body = context.client.get("/")
    except ProvisioningError as error:
        name = named(error.cause, "engine-unreachable")
        if name == "role-mapping-missing":
            return f"{context.knowledge.endpoint} answers"
        raise complaint(context.place, name, f"{context.knowledge.endpoint}: {error}") from None
    return f"{context.knowledge.endpoint} is OpenSearch {body['version']['number']}"


def _collection(context: Context) -> str:
    """Call a function, because operators have no access to a collection."""
    reply = Functions(context.place).get("/health")
    if reply.status != 200:
        raise complaint(context.place, named(reply.cause, "engine-unreachable"), reply.message)
    return "the function documents reaches the index"


CHECK = Check("endpoint", engine, after="stacks")
