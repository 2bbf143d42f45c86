"""A measurement that gets a signal to end stops everything that it started."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.thorough

MEASUREMENT = """
import time, benchmarks
try:
    print("started", flush=True)
    time.sleep(60)
finally:
    print("ended what it started", flush=True)
"""


def test_a_signal_to_end_is_an_interruption() -> None:
    command = [sys.executable, "-c", MEASUREMENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "ended what it started\n"
