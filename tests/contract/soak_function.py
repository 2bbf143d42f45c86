"""The provisioner's function in a process of its own, which stays warm until it is killed.

Reads one JSON line per event and writes one JSON line back. `{"event": …}` is handled in this process, which then
reports its resources: `{"rss": bytes, "files": n, "threads": n}`. `{"event": …, "doomed": true}` is handled in a copy
of the process, which can be killed at any moment: `{"pid": n}` comes immediately, `{"reap": n}` waits for its end.
"""

import ctypes
import gc
import json
import logging
import os
import signal
import sys
import threading
from types import SimpleNamespace
from typing import Any

# The function writes its log and metrics to the standard output, which from here on is stderr. Answers go to the real
# standard output.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import handler  # noqa: E402
from mlcommons import lock  # noqa: E402

SECONDS = 240
# For a lock whose holder was killed. There is no other writer here, so 2 seconds are enough instead of 15.
ABANDONED_AFTER = 2.0


def handle(event: dict[str, Any]) -> None:
    """Call the function as the runtime does; it sends its answer to the event's ResponseURL."""
    context = SimpleNamespace(
        aws_request_id=event["RequestId"],
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:provisioner",
        get_remaining_time_in_millis=lambda: SECONDS * 1000,
    )
    handler.handler(event, context)


def holding() -> dict[str, int]:
    """Memory, files and threads in use; free memory goes back to the system first and is not counted."""
    for thread in threading.enumerate():
        # crhelper cancels its timer when it has answered; the timer's thread ends a moment later.
        if isinstance(thread, threading.Timer) and thread.finished.is_set():
            thread.join()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(open("/proc/self/statm").read().split()[1])  # noqa: SIM115 - nothing to wait for
    files = len(os.listdir("/proc/self/fd"))
    return {"rss": pages * os.sysconf("SC_PAGE_SIZE"), "files": files, "threads": threading.active_count()}


def main() -> None:
    logging.getLogger().setLevel(logging.ERROR)
    lock.ABANDONED_AFTER = ABANDONED_AFTER
    for line in sys.stdin:
        order = json.loads(line)
        answer: dict[str, int] = {}
        if "reap" in order:
            os.waitpid(order["reap"], 0)
        elif order.get("doomed"):
            answer["pid"] = _copy(order["event"])
        else:
            handle(order["event"])
            answer = holding()
        print(json.dumps(answer), file=ANSWERS, flush=True)


def _copy(event: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(2 * SECONDS)  # ends a copy that nobody kills
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    try:
        handle(event)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
