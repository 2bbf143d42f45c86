"""The start of the command line. Ctrl-C ends a command at any time, with a sentence and the exit code STOPPED.

After a command, and in a function that cannot raise, the process ends at once, because nothing would catch an
exception.
"""

# Nothing else is imported before `main`, because only `main` handles interruptions.
import os
import signal
import sys

from osml import interruption
from osml.exit_code import STOPPED


def main() -> None:
    """Run the command of `sys.argv`."""
    # A shell that starts a command in the background lets it ignore Ctrl-C.
    is_stopped = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    sys.unraisablehook = _unraisable
    try:
        from osml.main import main as command

        command()
    except KeyboardInterrupt:
        interruption.say()
        raise SystemExit(STOPPED) from None
    except SystemExit as ended:
        if ended.code == STOPPED:
            interruption.say()
        raise
    finally:
        if is_stopped:
            signal.signal(signal.SIGINT, _end)


def _end(*_: object) -> None:
    try:  # noqa: SIM105 - nothing more is imported here
        sys.stdout.flush()
    except (OSError, ValueError, RuntimeError):
        # Nobody reads the output any more, or the signal came during a write.
        pass
    interruption.say()
    os._exit(STOPPED)


def _unraisable(error: "sys.UnraisableHookArgs") -> None:
    """Handle Ctrl-C within a function that cannot raise, such as `__del__`."""
    if error.exc_type is KeyboardInterrupt:
        _end()
    sys.__unraisablehook__(error)
