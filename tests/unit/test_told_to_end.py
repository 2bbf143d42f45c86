"""A test run that gets SIGTERM ends the processes that it started."""

import signal


def test_a_signal_to_end_is_an_interruption() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
