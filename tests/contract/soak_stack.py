"""CloudFormation's part of a soak: a small stack whose function may be killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import ssl
import statistics
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.front.listener import Listener
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.instance import CHECKOUT
from tests.contract.front_domain import SECRET_ARN, Trial
from tests.contract.test_front_connectors import deepseek

STACK = "osml-soak-knowledge"
KINDS = {
    "Trusted": "TrustedEndpoints",
    "Mapping": "RoleMapping",
    "Chat": "Connector",
    "Group": "ModelGroup",
    "Answer": "Model",
    "Ingest": "IngestPipeline",
    "Search": "SearchPipeline",
    "Passages": "Index",
}
# Longer than any event takes: the function gives up before that.
_LONGEST_SECONDS = 90.0


def target(here: Trial) -> dict[str, str]:
    """The engine that the function serves."""
    return {"endpoint": f"https://localhost:{here.port}", "region": "us-east-1", "service": "es"}


class Lost(Exception):
    """The function did not answer CloudFormation, or its answer was a failure."""


class Function:
    """The function's process, and the place where its answers to CloudFormation arrive."""

    def __init__(self, here: Trial) -> None:
        self._answers: dict[str, dict[str, Any]] = {}
        self._arrived = threading.Condition()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(here.address.server_cert, here.address.server_key)
        self._listener = Listener(0, self._receive, tls)
        keys = here.ledger.session(here.domain.master_user_arn or "")
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'lambda' / 'provisioner'}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.session_token,
            "AWS_EC2_METADATA_DISABLED": "true",
            "IAM_PROPAGATION_SECONDS": "0",
            "ENGINES": json.dumps([target(here)]),
            # This listener plays AWS; the function's answers go to it, too.
            "AWS_ENDPOINT_URL": f"https://localhost:{self._listener.port}",
            "SSL_CERT_FILE": here.address.ca,
            "REQUESTS_CA_BUNDLE": here.address.ca,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.soak_function"],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.holding: dict[str, int] = {}

    def deliver(self, event: dict[str, Any]) -> dict[str, Any]:
        """Send the event and return the function's answer; raises Lost."""
        url = f"https://localhost:{self._listener.port}/{uuid.uuid4().hex}"
        self.holding = self._order({"event": {**event, "ResponseURL": url}})
        return self._answer(url, 5.0)

    def deliver_and_kill(self, event: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """Return the answer if it comes within the given seconds; otherwise kill the function and return None."""
        url = f"https://localhost:{self._listener.port}/{uuid.uuid4().hex}"
        pid = self._order({"event": {**event, "ResponseURL": url}, "doomed": True})["pid"]
        try:
            return self._answer(url, seconds)
        except Lost:
            return None
        finally:
            os.kill(pid, signal.SIGKILL)
            self._order({"reap": pid})

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.close()

    def _order(self, order: dict[str, Any]) -> dict[str, int]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer

    def _receive(self, request: FrontRequest) -> FrontResponse:
        with self._arrived:
            self._answers[request.path] = json.loads(request.body)
            self._arrived.notify_all()
        return FrontResponse(200, ())

    def _answer(self, url: str, seconds: float) -> dict[str, Any]:
        path = "/" + url.rpartition("/")[2]
        with self._arrived:
            if not self._arrived.wait_for(lambda: path in self._answers, seconds):
                raise Lost(f"no answer within {seconds:.2f} s")
            return self._answers.pop(path)


@dataclass
class Stack:
    """Creates, updates and removes the resources in order, as CloudFormation does, while functions are killed.

    After a kill, either the same event comes again, like a retry of Lambda, or the step is rolled back, like after the
    ServiceTimeout, and then tried again. `chance` is the probability of a kill per event.
    """

    here: Trial
    function: Function
    random: random.Random
    chance: float
    ids: dict[str, str] = field(default_factory=dict)
    specs: dict[str, Any] = field(default_factory=dict)
    kills: int = 0
    events: int = 0
    _durations: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def deploy(self, round_number: int) -> None:
        """Create or update all resources, then clean up what was replaced."""
        replaced: list[tuple[str, str, Any]] = []
        for name in KINDS:
            wanted = self._spec(name, round_number)
            if name not in self.ids:
                self._create(name, wanted)
            elif wanted != self.specs[name]:
                old = self.ids[name], self.specs[name]
                self._update(name, wanted)
                if self.ids[name] != old[0]:
                    replaced.append((name, *old))
        for name, old_id, old_spec in replaced:
            self._delete(name, old_id, old_spec)

    def destroy(self) -> None:
        for name in reversed(KINDS):
            self._delete(name, self.ids.pop(name), self.specs.pop(name))

    def _create(self, name: str, wanted: Any) -> None:
        event = self._event("Create", name, wanted)
        while (answer := self._try(event)) is None:
            if self.random.random() < 0.5:
                continue
            # The stack rolls back: CloudFormation has no id and invents one, whose form differs from crhelper's ids.
            random_id = uuid.UUID(int=self.random.getrandbits(128)).hex.upper()
            made_up = self.random.choice([f"{STACK}_{name}_{random_id[:8]}", f"{STACK}-{name}-{random_id[:13]}"])
            self._delete(name, made_up, wanted)
        self.ids[name], self.specs[name] = answer["PhysicalResourceId"], wanted

    def _update(self, name: str, wanted: Any) -> None:
        before, known = self.specs[name], self.ids[name]
        event = self._event("Update", name, wanted, known, before)
        while (answer := self._try(event)) is None:
            if self.random.random() < 0.5:
                continue
            back = self._surely(self._event("Update", name, before, known, wanted))
            assert back["PhysicalResourceId"] == known, f"the rollback of {name} {known} ended with {back}"
        self.ids[name], self.specs[name] = answer["PhysicalResourceId"], wanted

    def _delete(self, name: str, physical_id: str, spec: Any) -> None:
        self._surely(self._event("Delete", name, spec, physical_id))

    def _surely(self, event: dict[str, Any]) -> dict[str, Any]:
        while (answer := self._try(event)) is None:
            pass
        return answer

    def _try(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None when the function was killed before it answered; raises Lost."""
        self.events += 1
        times = self._durations.setdefault((event["RequestType"], event["ResourceType"]), [])
        if times and self.random.random() < self.chance:
            answer = self.function.deliver_and_kill(event, self.random.uniform(0, 1.2 * statistics.median(times)))
            if answer is None:
                self.kills += 1
                self._settle()
                return None
        else:
            started = time.monotonic()
            answer = self.function.deliver(event)
            times.append(time.monotonic() - started)
        if answer["Status"] != "SUCCESS":
            raise Lost(f"{event['RequestType']} {event['LogicalResourceId']}: {answer['Reason']}")
        return answer

    def _settle(self) -> None:
        """Wait for the engine to finish its requests, as it does in the minutes before CloudFormation's next event."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        time.sleep(0.05)
        while time.monotonic() < deadline:
            nodes = self.here.engine("GET", "/_tasks").json()["nodes"].values()
            tasks = [task["action"] for node in nodes for task in node["tasks"].values()]
            if not [task for task in tasks if not task.startswith("cluster:monitor/tasks/lists")]:
                return
            time.sleep(0.05)
        raise Lost(f"the engine is busy with {tasks}")

    def _event(
        self, kind: str, name: str, spec: Any, physical_id: str | None = None, before: Any = None
    ) -> dict[str, Any]:
        event = {
            "RequestType": kind,
            "StackId": f"arn:aws:cloudformation:us-east-1:000000000000:stack/{STACK}/0a1b",
            "RequestId": uuid.uuid4().hex,
            "LogicalResourceId": name,
            "ResourceType": f"Custom::Ml{KINDS[name]}",
            "ResourceProperties": self._properties(spec),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if before is not None:
            event["OldResourceProperties"] = self._properties(before)
        return event

    def _properties(self, spec: Any) -> dict[str, str]:
        return {"Target": json.dumps(target(self.here)), "Spec": json.dumps(spec)}

    def _spec(self, name: str, number: int) -> Any:
        """The specification of the resource in this version; the index stays the same, everything else changes."""
        role = self.here.ledger.roles[f"arn:aws:iam::{self.here.ledger.account}:role/soak-connector"]
        names = {"description": "soak", "name": f"soak {name}"}
        return {
            "Trusted": {"patterns": [r"^https://api\.deepseek\.com/.*$", rf"^https://api\.example\.com/{number}$"]},
            "Mapping": {"role": "ml_full_access", "backend_roles": [f"arn:aws:iam::000000000000:role/soak-{number}"]},
            "Chat": {"connector": deepseek(role, model=f"deepseek-flash-{number}") | names},
            "Group": names,
            "Answer": {
                **names,
                "model_group_id": self.ids.get("Group"),
                "connector_id": self.ids.get("Chat"),
                "probe": {"parameters": {"messages": '[{"role": "user", "content": "x"}]'}},
            },
            "Ingest": {"name": "soak-ingest", "pipeline": {"processors": [{"set": {"field": "n", "value": number}}]}},
            "Search": {
                "name": "soak-search",
                "pipeline": {"phase_results_processors": [{"normalization-processor": {"tag": f"version-{number}"}}]},
            },
            "Passages": {
                "name": "soak-passages",
                "body": {"settings": {"number_of_shards": 1, "number_of_replicas": 0}},
            },
        }[name]


def prepare(here: Trial) -> None:
    """Make what the stack's connector needs in the account: a secret, and a role that reads it."""
    here.ledger.secrets[SECRET_ARN] = '{"api_key": "a key"}'
    services = ("opensearchservice.amazonaws.com",)
    here.ledger.write_role("soak-connector", ("secretsmanager:*", SECRET_ARN), services=services)
