"""How many documents may be in flight: more while all are accepted, fewer when some are refused."""

import math

# Eight calls of 32 documents; about half as many documents as in the first request of opensearch-py's `helpers.bulk`.
FIRST = 256
# The least number of documents to send together: those of one model call, as the recipes set `batch_size`.
LEAST = 32
# The window grows by the number of accepted documents times this: DOUBLING until the first refusal, later at least
# GROWTH. It shrinks by half a place for each refused document, so with GROWTH it stays the same if 2 of 7 are refused.
DOUBLING, GROWTH = 1.0, 0.2
# Added to the growth when a whole window is accepted.
RECOVERY = 0.1
LOWEST = 0.1
# The longest pause in seconds.
LONGEST_PAUSE = 20.0
# If documents wait this many seconds, they are in a queue, and more of them would only wait longer. The connectors give
# up a call after 30 seconds (their `read_timeout`).
SLOW = 5.0


class Pace:
    """The window of documents in flight.

    It grows by accepted documents and shrinks by refused ones, so it settles at the same share of refusals at every
    limit. With a fixed step, two of three calls would be refused at a low limit, and hardly any at a high one.

    Near a provider's limit, one throttled call of many is normal, and halving for each would leave a tenth of the
    limit. So a whole refused window takes half of it away, and a refused tenth takes a twentieth (the weights of RFC
    8257). At first the window doubles; with each refusal it grows more slowly, until a whole window was refused. It
    does not grow while answers are slow. If the window is smaller than one call, there is a `pause` between calls.
    """

    def __init__(self, most: int) -> None:
        """At most `most` documents are in flight."""
        self.window = float(min(FIRST, most))
        self._most = most
        self._growth = DOUBLING

    @property
    def batch(self) -> int:
        """The number of documents to send together: a quarter of the window, so that others are in flight meanwhile."""
        return max(LEAST, math.ceil(self.window / 4))

    def answered(self, came: int, turned_away: int, seconds: float) -> None:
        """A batch was answered after `seconds`: `came` documents were accepted, the others throttled."""
        weight = min(1.0, self.window / max(1, came + turned_away))
        growth = self._growth + weight * (RECOVERY * came - turned_away) / self.window
        self._growth = max(GROWTH, min(growth, DOUBLING))
        grown = self._growth * came if seconds < SLOW else 0.0
        window = self.window + weight * (grown - turned_away / 2)
        self.window = max(LOWEST, min(window, float(self._most)))

    def pause(self, seconds: float) -> float:
        """The seconds for which nothing is sent, after an answer that took `seconds`."""
        return min(LONGEST_PAUSE, seconds * max(0.0, LEAST / self.window - 1))
