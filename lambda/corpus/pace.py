"""How many documents may be under way at once: more while all goes well, fewer when some are turned away."""

import math

# Eight calls of 32 documents, about half of what `helpers.bulk` of opensearch-py sends with its first request.
FIRST = 256
# Documents to send together at least: one call, as the recipes set `batch_size`.
LEAST = 32
# The window grows by the number accepted, times this: DOUBLING until the first refusal, GROWTH after it. It shrinks by
# half a place for each document refused, so it stands still where 2 of 7 are refused.
DOUBLING, GROWTH = 1.0, 0.2
# Added to the growth when a whole window is accepted.
RECOVERY = 0.1
LOWEST = 0.1
# Seconds, before something is sent again or anything at all.
LONGEST_PAUSE = 20.0
# Documents that wait so many seconds wait in a queue, and more of them would only wait longer; what embeds them gives
# them up after 30 (`read_timeout` of the connectors here).
SLOW = 5.0


class Pace:
    """Increase by what got through, decrease by what was turned away, so that the window finds the same share of
    refusals at every limit. A fixed step would have two of three calls refused at a low limit, and hardly one at a
    high one.

    One throttled call of many is normal at a provider's limit, and halving for each would leave a tenth of it: so of
    a whole window turned away half is taken back, of a tenth of one a twentieth (as RFC 8257 weighs them). The window
    doubles at first, and grows more slowly with each refusal until as many as fill it have come. It does not grow
    while answers are slow. A window of less than one call's documents stands for a call now and then: `pause`.
    """

    def __init__(self, most: int) -> None:
        """`most` documents at once, however well it goes."""
        self.window = float(min(FIRST, most))
        self._most = most
        self._growth = DOUBLING

    @property
    def batch(self) -> int:
        """Documents to send together: a quarter of the window, so that one is made while others are under way."""
        return max(LEAST, math.ceil(self.window / 4))

    def answered(self, came: int, turned_away: int, seconds: float) -> None:
        """A batch was answered after `seconds`: `came` documents got through, others were told to come later."""
        weight = min(1.0, self.window / max(1, came + turned_away))
        growth = self._growth + weight * (RECOVERY * came - turned_away) / self.window
        self._growth = max(GROWTH, min(growth, DOUBLING))
        grown = self._growth * came if seconds < SLOW else 0.0
        window = self.window + weight * (grown - turned_away / 2)
        self.window = max(LOWEST, min(window, float(self._most)))

    def pause(self, seconds: float) -> float:
        """Seconds to send nothing for, after an answer that took `seconds`."""
        return min(LONGEST_PAUSE, seconds * max(0.0, LEAST / self.window - 1))
