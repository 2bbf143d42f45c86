"""The counterpart of Amazon's Python runtime: gets events from the Runtime API and returns the handler's answers.

It runs in the function's process, where the exec wrapper starts it. It uses only the standard library.
"""

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any

ROOT = "/2018-06-01/runtime"


def main() -> None:
    # Line buffering: each line reaches the log of the call that wrote it.
    sys.stdout = open(sys.stdout.fileno(), "w", buffering=1, closefd=False)  # noqa: SIM115
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    try:
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    except Exception as reason:
        _post(api, f"{ROOT}/init/error", _failure(reason))
        raise
    while True:
        api.request("GET", f"{ROOT}/invocation/next")
        given = api.getresponse()
        event = json.loads(given.read())
        request_id = given.headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = given.headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            answer = json.dumps(handler(event, _context(given.headers))).encode()
        except Exception as reason:  # noqa: BLE001 - every exception of a handler is its answer
            traceback.print_exc()
            _post(api, f"{ROOT}/invocation/{request_id}/error", _failure(reason))
        else:
            _post(api, f"{ROOT}/invocation/{request_id}/response", answer)


def _context(headers: Any) -> SimpleNamespace:
    deadline = int(headers["Lambda-Runtime-Deadline-Ms"])
    return SimpleNamespace(
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
        aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: max(0, deadline - int(time.time() * 1000)),
    )


def _failure(reason: Exception) -> bytes:
    return json.dumps({"errorMessage": str(reason), "errorType": type(reason).__name__}).encode()


def _post(api: http.client.HTTPConnection, path: str, body: bytes) -> None:
    api.request("POST", path, body, {"Content-Type": "application/json"})
    api.getresponse().read()


if __name__ == "__main__":
    main()
