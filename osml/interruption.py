"""The sentence for a person who presses Ctrl-C: a command that has more to say than the usual one says it instead."""

import os

_USUAL = b"Interrupted.\n"
_STANDARD_ERROR = 2
_is_said = False


def said() -> None:
    """A command has said what its interruption means."""
    global _is_said
    _is_said = True


def say() -> None:
    """Say the usual sentence unless the command has said its own."""
    if not _is_said:
        said()
        os.write(_STANDARD_ERROR, _USUAL)
