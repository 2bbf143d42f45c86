"""The local cloud, which is a separate distribution, `sandbox/`. On AWS, `osml` works without it."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from osml.failure import Failure

if TYPE_CHECKING:
    from sandbox.failure import SandboxError


def require() -> None:
    """Raises Failure if the local cloud is not installed."""
    # Imported late, because that module imports this one.
    from osml.place import is_checkout

    if find_spec("sandbox") is None:
        install = (
            "run `make install` in the checkout, or `pip install --editable sandbox`"
            if is_checkout()
            else "run `pip install osml-sandbox`"
        )
        raise Failure(
            f"The local cloud is not installed here: {install}. Without it, name an environment on AWS with --env "
            "NAME.",
            "local-cloud-missing",
        )


def errors() -> "tuple[type[SandboxError], ...]":
    """The class of the local cloud's errors; empty if it is not installed."""
    try:
        from sandbox.failure import SandboxError
    except ModuleNotFoundError:
        return ()
    return (SandboxError,)
