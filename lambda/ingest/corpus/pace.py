"""How many documents may be under way at once: more while all goes well, fewer when some are turned away."""

import math

FIRST = 64
# A round of answers without a refusal allows for as many more.
STEP = 64
LEAST = 16
# Documents that wait so many seconds wait in a queue, and more of them would only wait longer; what embeds them gives
# them up after 30 (`read_timeout` of the connectors here).
SLOW = 5.0


class Pace:
    """Additive increase, multiplicative decrease, weighed by the share that was turned away (as RFC 8257 does).

    One throttled call of many is normal at a provider's limit, and halving for each would leave a tenth of it: so of
    a whole window turned away half is taken back, of a tenth of one a twentieth. Until the first refusal, the
    window doubles. It does not grow while answers are slow.
    """

    def __init__(self, most: int) -> None:
        """`most` documents at once, however well it goes."""
        self.window = float(min(FIRST, most))
        self._most = most
        self._doubling = True

    @property
    def batch(self) -> int:
        """Documents to send together: a quarter of the window, so that one is made while others are under way."""
        return max(LEAST, math.ceil(self.window / 4))

    def answered(self, came: int, turned_away: int, seconds: float) -> None:
        """A batch was answered after `seconds`: `came` documents got through, others were told to come later."""
        if turned_away:
            self._doubling = False
            self.window -= turned_away / 2
        if came and seconds < SLOW:
            self.window += came if self._doubling else STEP * came / self.window
        self.window = max(float(LEAST), min(self.window, float(self._most)))
