"""A run of tests that is told to end ends what it started."""

import signal


def test_a_signal_to_end_is_an_interruption() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
