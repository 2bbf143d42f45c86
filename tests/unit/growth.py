"""How the time of a piece of work grows with its input."""

from collections.abc import Callable
from time import process_time
from unittest.mock import patch

from corpus import source

# One run may be disturbed, but not all rounds in the same way.
ROUNDS, TRIALS = 3, 3
# Four times the input takes four times as long when it is read once, and sixteen times when each character is compared
# with every other one.
FACTOR, MOST = 4, 9.0


def grows_in_proportion(work: Callable[[str], object], make: Callable[[int], str], size: int) -> bool:
    """Whether FACTOR times as much input takes less than MOST times as long, in this process's own CPU time."""
    small, large = make(size), make(size * FACTOR)
    with patch.object(source, "apart", _elsewhere):
        return any(_is_quick(work, large, MOST * _least(work, small)) for _ in range(TRIALS))


def _elsewhere(*_: object) -> None:
    raise AssertionError("the file is read in another process, whose time is not measured; call the rows of its format")


def _is_quick(work: Callable[[str], object], text: str, seconds: float) -> bool:
    """Whether one of the rounds is below the limit; later rounds are then skipped."""
    return any(_seconds(work, text) < seconds for _ in range(ROUNDS))


def _least(work: Callable[[str], object], text: str) -> float:
    return min(_seconds(work, text) for _ in range(ROUNDS))


def _seconds(work: Callable[[str], object], text: str) -> float:
    began = process_time()
    work(text)
    return process_time() - began
