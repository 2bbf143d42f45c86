"""Engines for further domains. The Python that started the local cloud runs them; see sandbox.spare_engine."""

import logging
import subprocess
from collections.abc import Mapping, Sequence

from sandbox.front.room import NoEngineLeft

logger = logging.getLogger(__name__)


class CommandedEngines:
    """Starts and stops engines with `command`, which gets a verb and a domain as further arguments.

    `environment` contains all environment variables of the command.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = list(command)
        self._environment = dict(environment)

    def start(self, domain: str) -> str:
        done = self._run("start", domain)
        if done.returncode:
            raise NoEngineLeft(_last_line(done.stderr))
        logger.info("the domain %s has an engine of its own, %s", domain, done.stdout.strip())
        return done.stdout.strip()

    def stop(self, domain: str) -> None:
        done = self._run("stop", domain)
        if done.returncode:
            logger.warning("the engine of %s did not stop: %s", domain, _last_line(done.stderr))

    def _run(self, verb: str, domain: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, verb, domain], env=self._environment, capture_output=True, text=True, check=False
        )


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "it wrote no reason"
