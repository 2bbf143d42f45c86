"""The sentence for a person who pressed Ctrl-C. A command may print its own sentence instead of the usual one."""

import os

_USUAL = b"Interrupted.\n"
_STANDARD_ERROR = 2
_is_said = False


def said() -> None:
    """Note that a command has printed its own sentence."""
    global _is_said
    _is_said = True


def say() -> None:
    """Print the usual sentence unless the command has printed its own."""
    if not _is_said:
        said()
        os.write(_STANDARD_ERROR, _USUAL)
