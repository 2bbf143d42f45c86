"""A process that the local cloud started, identified by pid and creation time: no other process is ever stopped."""

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Process:
    """A process. `created` is its creation time in seconds: a later process with the same pid does not match."""

    pid: int
    created: float

    def alive(self) -> bool:
        process = self._find()
        return process is not None and not _ended(process)

    def stop(self, grace: float = 10.0) -> None:
        """Stop the process with SIGTERM, wait up to `grace` seconds, then kill it and its children with SIGKILL.

        If the process has already ended, nothing happens.
        """
        running = self._find()
        if running is None or _ended(running):
            return
        family = [running, *running.children(recursive=True)]
        running.terminate()
        _await_end([running], grace)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        _await_end(family, grace)

    def _find(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1.0
        except psutil.NoSuchProcess:
            return None
        return process if same else None


def start(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    user: int | None = None,
    group: int | None = None,
) -> Process:
    """Start `argv` in a new session, with its output in `log`; `user` and `group` are numeric ids.

    Other users can read neither the log nor the files that the process makes.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        os.fchmod(output.fileno(), 0o600)
        child = subprocess.Popen(
            list(argv),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            user=user,
            group=group,
            extra_groups=[] if user is not None and os.geteuid() == 0 else None,
        )
    return Process(child.pid, psutil.Process(child.pid).create_time())


def bearing(name: str, value: str) -> list[Process]:
    """All processes that were started with the environment variable `name` set to `value`.

    Processes of other users are missing, because their variables cannot be read.
    """
    processes = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(name) == value:
                processes.append(Process(process.pid, process.create_time()))
    return processes


def _await_end(processes: Sequence[psutil.Process], seconds: float) -> None:
    # psutil.wait_procs would also wait for zombies. In a container, an orphan may stay a zombie for ever.
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not all(_ended(process) for process in processes):
        time.sleep(0.05)


def _ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
