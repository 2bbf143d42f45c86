"""The errors that have a sentence for a person."""

import sys
from typing import TYPE_CHECKING

from osml import local_cloud
from osml.aws_error import of_aws
from osml.failure import Failure
from osml.system_error import of_system

if TYPE_CHECKING:
    from sandbox.failure import SandboxError
    from settings import SettingError


def explained(error: Exception) -> "Failure | SettingError | SandboxError | None":
    """The error that has a sentence for a person; None for one that is a bug."""
    from settings import SettingError

    if isinstance(error, Failure | SettingError):
        return error
    if isinstance(error, local_cloud.errors()):
        return error
    return _of_engine(error) or of_aws(error) or of_system(error)


def _of_engine(error: Exception) -> Failure | None:
    # A module that was not imported has raised none of its errors.
    errors = sys.modules.get("mlcommons.errors")
    return Failure(str(error), error.cause) if errors and isinstance(error, errors.ProvisioningError) else None
