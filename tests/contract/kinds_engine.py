"""Fixtures of the contract tests: a real engine, a provider for its models, and objects that are removed afterwards."""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from requests import PreparedRequest
from requests.auth import AuthBase

from mlcommons import (
    Client,
    HttpTransport,
    Owner,
    Patience,
    ProvisioningError,
    ProvisioningOutcome,
    Request,
    Response,
    Transport,
    apply,
    destroy,
    kind_named,
)
from mlcommons.transport import is_write
from sandbox.models.json_handler import JsonHandler, serving
from tests.contract.front_engine import EngineAddress, engine_address
from trials.ingesting import EngineIndex
from trials.role_headers import role_headers

DIMENSION = 4
# Seconds: a client's time is that of all its requests together, and a test may use one from its beginning to its end.
WHOLE_TEST = 900.0
TESTER = "arn:aws:iam::000000000000:role/contract-tests"


@dataclass
class Recorder:
    """A transport that records its requests and can lose the next answer to a write."""

    inner: Transport
    requests: list[Request] = field(default_factory=list)
    lose: Callable[[Request], bool] = lambda _: False
    error: type[ProvisioningError] | None = None

    def send(self, request: Request, timeout: float) -> Response:
        self.requests.append(request)
        answer = self.inner.send(request, timeout)
        if self.error and self.lose(request):
            error, self.error = self.error, None
            raise error(f"{request.method} {request.path}", "the answer was lost")
        return answer

    @property
    def writes(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests if is_write(request)]


class _Provider(JsonHandler):
    """Answers like an embedding endpoint, like OpenAI's chat, or like a provider that refuses the key."""

    def do_POST(self) -> None:
        self.body()
        status, body = {
            "/embed": (200, [[0.5] * DIMENSION]),
            "/chat": (200, {"choices": [{"message": {"role": "assistant", "content": "hello"}}]}),
            "/refuses": (401, {"error": {"message": "Authentication Fails, your api key: sk-1234567890 is invalid"}}),
            "/gone": (404, {"message": "Endpoint chat not found"}),
        }[self.path]
        self.answer(status, body)


@dataclass
class KindsEngine:
    """The engine under test; `apply` and `destroy` use a recording transport and belong to one stack."""

    transport: HttpTransport
    provider: str
    stack: str = field(default_factory=lambda: f"kernel-{uuid.uuid4().hex[:8]}")
    roles: list[str] = field(default_factory=list)
    made: list[tuple[str, str, Owner, Any]] = field(default_factory=list)

    def owner(self, logical_id: str = "Thing") -> Owner:
        return Owner(self.stack, logical_id)

    def recorder(self) -> Recorder:
        return Recorder(self.transport)

    def client(self, transport: Transport | None = None, seconds: float = WHOLE_TEST) -> Client:
        return Client(transport or self.transport, Patience(seconds=seconds, propagation=0.0))

    def apply(
        self,
        kind: str,
        spec: Any,
        physical_id: str | None = None,
        owner: Owner | None = None,
        transport: Transport | None = None,
        previous: Any = None,
    ) -> ProvisioningOutcome:
        holder = owner or self.owner()

        def made(new_id: str) -> None:
            self.made.append((kind, new_id, holder, spec))

        return apply(
            kind_named(kind),
            spec,
            client=self.client(transport),
            owner=holder,
            physical_id=physical_id,
            on_created=made,
            previous=previous,
        )

    def hasty(self) -> Client:
        """A client that does not wait between its attempts."""
        return Client(self.transport, Patience(seconds=WHOLE_TEST, propagation=0.0, sleep=lambda _: None))

    def destroy(
        self,
        kind: str,
        physical_id: str | None,
        owner: Owner | None = None,
        previous: Any = None,
        client: Client | None = None,
    ) -> ProvisioningOutcome:
        return destroy(
            kind_named(kind),
            physical_id,
            client=client or self.client(),
            owner=owner or self.owner(),
            previous=previous,
        )

    def read(self, kind: str, physical_id: str, owner: Owner | None = None) -> Any:
        return kind_named(kind).read(self.client(), physical_id, owner or self.owner())

    def connector(self, path: str = "/embed", **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "name": f"{self.stack} connector",
            "description": "Made by a test",
            "version": "1",
            "protocol": "http",
            "parameters": {"model": "m", "dimensions": 4, "normalize": True},
            "credential": {"key": "not-a-secret"},
            "client_config": {"read_timeout": 10, "connection_timeout": 5},
            "actions": [
                {
                    "action_type": "predict",
                    "method": "POST",
                    "url": self.provider + path,
                    "headers": {"Authorization": "Bearer ${credential.key}"},
                    "request_body": '{"input": "${parameters.input}"}',
                }
            ],
        }
        if path == "/embed":
            body["actions"][0]["post_process_function"] = "connector.post_process.default.embedding"
        return body | more

    def make_role(self, name: str) -> None:
        path = f"/_plugins/_security/api/roles/{name}"
        self.client().put(path, {"cluster_permissions": ["cluster_monitor"]})
        self.roles.append(path)

    def clean(self) -> None:
        newest_first = list(reversed(self.made))
        newest_first.sort(key=lambda made: made[0] != "Model")  # models first: the engine keeps what a model uses
        for kind, made_id, owner, spec in newest_first:
            with contextlib.suppress(ProvisioningError):
                self.destroy(kind, made_id, owner, spec)
        for path in self.roles:
            self.client().delete(path)


class RoleHeaders(AuthBase):
    """Signs in as an IAM role does through the front; with an admin certificate, models would be hidden (3.4)."""

    def __init__(self, arn: str = TESTER) -> None:
        self._headers = role_headers(arn)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers.update(self._headers)
        return request


def engine_index(index: str) -> EngineIndex:
    """An index of the engine under test."""
    engine = engine_address()
    return EngineIndex(engine.url, engine.ca, TESTER, index)


@pytest.fixture(scope="session")
def engine_transport(contract_engine: EngineAddress) -> HttpTransport:
    url, ca = contract_engine.url, contract_engine.ca
    admin = Client(HttpTransport(url, verify=ca, cert=(contract_engine.admin_cert, contract_engine.admin_key)))
    mapping = "/_plugins/_security/api/rolesmapping/all_access"
    mapped = admin.get(mapping)["all_access"]["backend_roles"]
    if TESTER not in mapped:
        admin.patch(mapping, [{"op": "add", "path": "/backend_roles", "value": [*mapped, TESTER]}])
    return HttpTransport(url, auth=RoleHeaders(), verify=ca)


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    with serving(_Provider) as address:
        yield address


@pytest.fixture
def engine(engine_transport: HttpTransport, provider: str) -> Iterator[KindsEngine]:
    engine = KindsEngine(engine_transport, provider)
    yield engine
    engine.clean()
