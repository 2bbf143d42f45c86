"""Ratios, each measured side by side in one run; `make bench` runs them all."""

import signal

# A measurement that is told to end is interrupted, so that it ends what it started.
signal.signal(signal.SIGTERM, signal.default_int_handler)
