"""The settings, read once for each process, and a sentence when they are wrong."""

from functools import cache

from pydantic import ValidationError

from assistant.failures import Refused
from assistant.settings import VARIABLE, Settings, from_environment


@cache
def settings() -> Settings:
    """The settings of this environment; raises `Refused` when they cannot be read."""
    try:
        return from_environment()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        message = "The assistant is not set up right; its log says which setting is wrong. Deploy it anew."
        raise Refused(message, cause=f"{VARIABLE}: {wrong}") from None
