"""Ratios, each measured side by side in one run; `make bench` runs them all."""

import signal

# SIGTERM interrupts a measurement like Ctrl-C, so it stops everything that it started.
signal.signal(signal.SIGTERM, signal.default_int_handler)
