"""Sentences for errors of the operating system and of connections."""

import errno

from osml.cause import Cause
from osml.failure import Failure

HELP = {
    errno.ENOSPC: "Free some space, then run this again",
    errno.EDQUOT: "Free some space, then run this again",
    errno.EACCES: "Check its owner and permissions",
    errno.EROFS: "Choose a writable place",
}


def written(error: OSError) -> str:
    """What failed, on which file or connection, and what helps."""
    if _is_connection(error):
        return f"A connection failed: {error}. Check whether the other side is still running."
    what = f"Using {error.filename}" if error.filename else "Reading or writing a file"
    said = error.strerror or str(error)
    return f"{what} failed: {said}. {HELP.get(error.errno or 0, 'Check this file or folder')}."


def of_system(error: Exception) -> Failure | None:
    """The Failure for an error of the operating system or a connection; None for other errors."""
    if not isinstance(error, OSError):
        return None
    cause: Cause | None = "no-network" if _is_connection(error) else None
    return Failure(written(error), cause)


def _is_connection(error: OSError) -> bool:
    """Whether it is an error of a connection; errors of requests are OSErrors, too."""
    names = {base.__module__.partition(".")[0] for base in type(error).__mro__}
    return isinstance(error, ConnectionError | TimeoutError) or bool(names & {"requests", "urllib3", "ssl"})
