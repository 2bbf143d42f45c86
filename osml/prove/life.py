"""The steps of a throwaway environment in order, from the preflight to the removal of its last resource."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure
from osml.prove import administrator, calls
from osml.prove.facts import FACTS
from osml.prove.report import ProofReport, Seen
from osml.prove.trial import QUESTION, SAMPLES, Trial, printed
from osml.remote.identity import Identity
from settings.environment_parts import PARTS

Say = Callable[[Seen], None]
# Attempts to remove the stacks, and seconds between them: a stack that is being created or changed cannot be deleted.
REMOVALS, PAUSE = 40, 30


class Life:
    """The steps of one trial. The result of each is added to `report` and passed to `say`."""

    def __init__(self, trial: Trial, caller: Identity, report: ProofReport, say: Say) -> None:
        self._trial, self._caller, self._report, self._say = trial, caller, report, say
        self._running: subprocess.Popen[str] | None = None
        self._key = ""

    def live(self) -> None:
        """All steps up to the removal. Raises Failure at the first that fails."""
        if self._trial.kind == "domain":
            self.step("a role for the questions", self._make_administrator)
        self.step("preflight", lambda: self._checked("preflight"))
        self.step("deploy", lambda: self._ran("deploy", "--yes"))
        self.step("ingest", lambda: self._ran("ingest", str(SAMPLES)))
        self.step("ask on the command line", lambda: self._ran("smoke", QUESTION))
        self.step("the API's key", self._learn_key)
        self.step("ask through the API", lambda: calls.ask(self._trial, self._key))
        self.step("stream through the API", lambda: calls.stream(self._trial, self._key))
        self.step("status", lambda: self._checked("status"))
        self.step("doctor", lambda: self._checked("doctor"))
        self.step("deploy again", self._redeploy)
        if self._trial.kind == "domain":
            self._ask_facts()

    def end(self) -> None:
        """Remove everything, and check whether anything is left. Raises Failure."""
        if self._running is not None:
            interrupt(self._running)
            self._running = None
        self.step("destroy", self._destroy)
        self.step("nothing is left", self._left)

    def _learn_key(self) -> str:
        self._key = calls.key_of(self._trial)
        self._report.known.append(self._key)
        return "read"

    def _make_administrator(self) -> str:
        administrator.make(self._trial, self._caller)
        return "made"

    def _ask_facts(self) -> None:
        with administrator.prober(self._trial, self._caller) as prober:
            for fact in FACTS:
                begun = time.monotonic()
                try:
                    answer = fact.answer(prober)
                except Failure as failure:
                    answer = f"not answered: {failure}"
                seen = Seen(fact.QUESTION, None, time.monotonic() - begun, answer)
                self._report.facts.append(seen)
                self._say(seen)

    def step(self, what: str, do: Callable[[], str]) -> None:
        """Do one thing and note how it went. Raises Failure."""
        begun = time.monotonic()
        try:
            answer = do()
        except (Failure, ClientError, BotoCoreError) as error:
            self._note(Seen(what, False, time.monotonic() - begun, str(error)))
            raise Failure(f"{what} failed: {error}") from None
        except KeyboardInterrupt:
            self._note(Seen(what, False, time.monotonic() - begun, "interrupted"))
            raise
        self._note(Seen(what, True, time.monotonic() - begun, answer))

    def _note(self, seen: Seen) -> None:
        self._report.steps.append(seen)
        self._say(seen)

    def _ran(self, *arguments: str) -> str:
        """Run a command, and return its last line. Raises Failure with its last lines if it fails."""
        code, said = self._run(*arguments)
        lines = [line for line in said.splitlines() if line.strip()]
        if code:
            raise Failure("; ".join(lines[-4:]) or f"exit code {code}")
        return lines[-1].strip() if lines else "done"

    def _checked(self, command: str) -> str:
        """Run a command that prints JSON, and return the number of rows in each state. Raises Failure if unhealthy."""
        code, said = self._run(command, "--json")
        printout = printed(said)
        if not isinstance(printout, dict):
            raise Failure(f"exit code {code}: {said.strip()[-300:]}")
        rows = [*printout.get("checks", []), *printout.get("resources", [])]
        states: dict[str, int] = {}
        for row in rows:
            states[row["state"]] = states.get(row["state"], 0) + 1
        remarkable = [row for row in rows if row["state"] in ("failed", "noted", "unchecked")]
        details = "; ".join(f"{row['check']}: {row['seen']}" for row in remarkable if "check" in row)
        summary = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        if code or printout.get("healthy") is False:
            raise Failure(f"{summary or printout.get('error')}. {details}")
        return f"{summary}. {details}".rstrip(". ")

    def _run(self, *arguments: str) -> tuple[int, str]:
        self._running = self._trial.osml(*arguments)
        said, _ = self._running.communicate()
        code, self._running = self._running.returncode, None
        return code, said

    def _redeploy(self) -> str:
        before = self._changes()
        said = self._ran("deploy", "--yes")
        if self._changes() != before:
            raise Failure("A deploy of the same settings changed a stack")
        return f"no change ({said})"

    def _changes(self) -> dict[str, Any]:
        """The time of each stack's last change, by its name."""
        return {stack["StackName"]: stack.get("LastUpdatedTime", stack["CreationTime"]) for stack in self._stacks()}

    def _stacks(self) -> Iterator[Any]:
        client: Any = boto3.client("cloudformation")
        for part in PARTS:
            try:
                yield from client.describe_stacks(StackName=self._trial.place.stack(part))["Stacks"]
            except ClientError as error:
                if "does not exist" not in str(error):
                    raise

    def _destroy(self) -> str:
        for left in reversed(range(REMOVALS)):
            changing = [stack["StackName"] for stack in self._stacks() if stack["StackStatus"].endswith("_IN_PROGRESS")]
            if changing and left:
                time.sleep(1 if self._trial.place.instance else PAUSE)
                continue
            try:
                said = self._ran("destroy", "--yes")
                break
            except Failure:
                if not left or not list(self._stacks()) or not changing:
                    raise
        administrator.remove(self._trial)
        return said

    def _left(self) -> str:
        stacks = [stack["StackName"] for stack in self._stacks()]
        logs: Any = boto3.client("logs")
        secrets: Any = boto3.client("secretsmanager")
        named = self._trial.prefix
        groups = [group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePattern=named)["logGroups"]]
        kept = secrets.list_secrets(Filters=[{"Key": "name", "Values": [f"osml/{self._trial.name}/"]}])["SecretList"]
        left = [*stacks, *groups, *(secret["Name"] for secret in kept)]
        if left:
            raise Failure(f"These are left: {', '.join(left)}")
        return "no stack, log group or secret"


def interrupt(running: subprocess.Popen[str]) -> None:
    """End a command that still runs, with all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(PAUSE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
