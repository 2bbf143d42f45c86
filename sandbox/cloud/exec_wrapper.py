"""Functions with AWS_LAMBDA_EXEC_WRAPPER, a script that starts the function's client of the Runtime API.

The script gets the runtime's own command as arguments, and may start another client instead
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper). MiniStack 1.5.33 ignores the
variable.
"""

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from sandbox.cloud.answer_stream import listening
from sandbox.cloud.crashes import INIT_FAILED
from sandbox.cloud.log_pipe import LogPipe
from sandbox.cloud.runtime_api import Invocation, RuntimeApiServer

logger = logging.getLogger("sandbox.cloud.functions")

WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
TASK_ROOT = "/var/task/"
# Amazon's limit for the Init phase. After it, Init runs again, with the function's own timeout.
INIT_SECONDS = 10.0
# The longest waits, in seconds: for an answer in transit after its process has ended, and for the end of a process
# whose start failed.
LAST_ANSWER, LAST_WORDS = 1.0, 1.0
# The log of a call is complete when the runtime asks for the next event, or after this many seconds. On a busy machine,
# work after the answer can write later lines: they are in the log of the next call.
LAST_LINES = 2.0
Result = dict[str, Any]


class WrappedWorker(lambda_runtime.Worker):  # type: ignore[misc]
    """One warm execution environment; MiniStack's pool leases it to one invocation at a time."""

    python: Path
    """The Python interpreter of functions; its folder is the first on their PATH."""
    runtime: Path
    """LAMBDA_RUNTIME_DIR: boto3 with its dependencies, and the runtime's own `bootstrap.py`."""
    code: Path
    """The folder with the unpacked asset, set before each start."""

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        super().__init__(func_name, config, code_zip)
        self._proc: subprocess.Popen[bytes] | None = None
        self._api: RuntimeApiServer | None = None
        self._group: int | None = None
        self._reader: threading.Thread | None = None

    def invoke(
        self,
        event: Any,
        request_id: str,
        *,
        trace_id: str | None = None,
        invoked_function_arn: str | None = None,
        **_: Any,
    ) -> Result:
        """MiniStack's result: `{"status": "ok", "result", "log"}` or `{"status": "error", "error", "log"}`.

        A streamed answer goes to its listener piece by piece, and its `result` is then empty bytes.
        """
        with self._lock:
            timeout = float(self.config.get("Timeout", 3))
            if self._proc is None or self._proc.poll() is not None:
                try:
                    if not self._begin(INIT_SECONDS) and not self._begin(timeout):
                        return self._timed_out(timeout)
                except RuntimeError as reason:
                    return {"status": "error", "error": str(reason), "trace": "", "log": self._log()}
            stream = listening.get()
            invocation = Invocation(
                request_id,
                json.dumps(event).encode(),
                int((time.time() + timeout) * 1000),
                invoked_function_arn or self.config.get("FunctionArn", ""),
                trace_id,
                stream.put if stream else None,
            )
            api = self._api
            assert api is not None  # noqa: S101
            api.offer(invocation)
            if self._proc is None or self._proc.poll() is not None:
                invocation.fail("Runtime exited before it was asked", "Runtime.ExitError")
            if not invocation.settled.wait(timeout):
                return self._timed_out(timeout)
            if stream and invocation.streamed:
                stream.complete()
            # Lines between the answer and the next event also belong to this call.
            api.idle.wait(LAST_LINES)
            log = self._log()
            if invocation.error is not None:
                return {"status": "error", "error": invocation.error["errorMessage"], "trace": "", "log": log}
            return {"status": "ok", "result": _body(invocation), "log": log}

    def _begin(self, seconds: float) -> bool:
        """Whether a new process asked for its first event in time. Raises RuntimeError if it could not start."""
        self._spawn()
        process, api = self._proc, self._api
        assert process is not None  # noqa: S101
        assert api is not None  # noqa: S101
        if not api.idle.wait(seconds):
            self._end()
            return False
        if api.init_error is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST_WORDS)
            self._end()
            raise RuntimeError(f"{INIT_FAILED}{api.init_error}; its log says more")
        return True

    def _spawn(self) -> None:
        self._end()
        code = self.code
        wrapper = self._wrapper(code)
        api = self._api = RuntimeApiServer()
        try:
            process = subprocess.Popen(
                [wrapper, self.python, self.runtime / "bootstrap.py"],
                cwd=code,
                env=self._environment(code, api.port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as reason:
            self._end()
            raise RuntimeError(f"{INIT_FAILED}{wrapper.name} cannot be executed: {reason.strerror}") from reason
        self._proc, self._group = process, process.pid
        assert process.stdout is not None  # noqa: S101
        self._stderr_queue: queue.Queue[str] = queue.Queue()
        self._log_pipe = LogPipe(process.stdout, self._stderr_queue)
        self._reader = threading.Thread(target=self._log_pipe.follow, daemon=True)
        self._reader.start()
        threading.Thread(target=_watch, args=(process, api), daemon=True).start()

    def _wrapper(self, code: Path) -> Path:
        named = self.config["Environment"]["Variables"][WRAPPER]
        if not named.startswith(TASK_ROOT):
            raise RuntimeError(
                f"{INIT_FAILED}{WRAPPER} is {named}: here it must lie in {TASK_ROOT}, the function's asset"
            )
        wrapper: Path = code / named.removeprefix(TASK_ROOT)
        if not wrapper.is_file():
            raise RuntimeError(f"{INIT_FAILED}{WRAPPER} is {named}: the function's asset has no such file")
        return wrapper

    def _environment(self, code: Path, port: int) -> dict[str, str]:
        environment: dict[str, str] = lambda_svc._provided_worker_env(self.config, str(code), port)
        return environment | {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.config['Runtime']}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.config['FunctionName']}",
            "LAMBDA_RUNTIME_DIR": str(self.runtime),
            "PATH": f"{self.python.parent}{os.pathsep}{environment.get('PATH', os.defpath)}",
        }

    def _log(self) -> str:
        """The lines since the last call. If the process has ended, waits for the last lines."""
        if self._proc is not None and self._proc.poll() is None:
            return str(self._drain_stderr_bounded())
        if self._reader is not None:
            self._reader.join(LAST_WORDS)
        return str(self._drain_stderr())

    def _timed_out(self, timeout: float) -> Result:
        self._end()
        # MiniStack recognizes a timeout by this text.
        said = f"Task timed out after {timeout:.2f} seconds"
        return {"status": "error", "error": said, "log": self._log()}

    def _end(self) -> None:
        """Ends the process, its children and its Runtime API."""
        process, self._proc = self._proc, None
        group, self._group = self._group, None
        api, self._api = self._api, None
        if group is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        if process is not None:
            process.wait()
        if api is not None:
            api.close()

    def _discard_tmpdir(self) -> None:
        # MiniStack calls this method as the last step for every worker that it ends.
        self._end()


def _body(invocation: Invocation) -> Any:
    """The payload for MiniStack: a JSON value, or the bytes of an answer that is streamed or is not JSON."""
    answer = invocation.answer or b""
    if invocation.streamed:
        return answer
    try:
        return json.loads(answer) if answer else None
    except ValueError:
        return answer


def _watch(process: "subprocess.Popen[bytes]", api: RuntimeApiServer) -> None:
    """When the process ends, fails its start or its current invocation, so that no caller waits for the timeout."""
    code = process.wait()
    said = f"Runtime exited with error: {f'exit status {code}' if code >= 0 else f'signal {-code}'}"
    if api.current is None:
        api.fail_init(said)
    invocation = api.current
    if invocation is not None and not invocation.settled.wait(LAST_ANSWER):
        invocation.fail(said, "Runtime.ExitError")
    api.idle.set()
