"""One local cloud on this machine: its folder, its ports, its processes and what clients need to reach it."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sandbox.cache import cache_directory
from sandbox.certificates import Certificates
from sandbox.engine.assembly import BARE_ENVIRONMENT
from sandbox.failure import SandboxError
from sandbox.process import Process, bearing

CHECKOUT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT = "000000000000"
DOMAIN_PORTS = 8
# Carried by every process of a local cloud: a start that is killed before it writes a process down leaves this.
MARK = "OSML_SANDBOX_HOME"


@dataclass(frozen=True)
class Ports:
    """TCP ports on 127.0.0.1; each domain gets a port of `domains` (first, last)."""

    engine: int
    transport: int
    aws: int
    egress: int
    models: int
    way_out: int
    domains: tuple[int, int]


@dataclass(frozen=True)
class Instance:
    """Everything that belongs to one local cloud lies in `home`."""

    name: str
    home: Path

    @classmethod
    def named(cls, name: str | None = None) -> "Instance":
        """`name` (default: OSML_SANDBOX, else `default`) tells several local clouds of one checkout apart."""
        chosen = name or os.environ.get("OSML_SANDBOX") or "default"
        checkout = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
        return cls(chosen, cache_directory() / "instances" / f"{chosen}-{checkout}")

    @property
    def certificates(self) -> Certificates:
        return Certificates(self.home / "tls")

    @property
    def deepseek_key(self) -> Path:
        """The key that the DeepSeek endpoint of this local cloud accepts; made at the first start."""
        return self.home / "deepseek.key"

    def log(self, process: str) -> Path:
        return self.home / "logs" / f"{process}.log"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One start or stop at a time; a second one waits."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def ports(self) -> Ports:
        """The ports of this local cloud; chosen once, kept while it runs."""
        path = self.home / "ports.json"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(asdict(_free_ports())))
        saved = json.loads(path.read_text())
        if missing := {field.name for field in fields(Ports)} - saved.keys():
            raise SandboxError(
                f"The local cloud {self.name} was started by another version, which had no port for "
                f"{', '.join(sorted(missing))}: run `osml sandbox down`, then `osml sandbox up`."
            )
        return Ports(**{**saved, "domains": (saved["domains"][0], saved["domains"][1])})

    def processes(self) -> dict[str, Process]:
        path = self.home / "processes.json"
        if not path.exists():
            return {}
        return {name: Process(**saved) for name, saved in json.loads(path.read_text()).items()}

    def remember(self, processes: Mapping[str, Process]) -> None:
        path = self.home / "processes.json"
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({name: asdict(process) for name, process in processes.items()}))
        fresh.replace(path)

    def remember_ml(self, has_ml: bool) -> None:
        (self.home / "engine.json").write_text(json.dumps({"ml": has_ml}))

    @property
    def has_ml(self) -> bool:
        """Whether the engine that was started last has the ML plugin; most recipes need it."""
        path = self.home / "engine.json"
        return not path.exists() or json.loads(path.read_text())["ml"] is True

    @property
    def environment(self) -> str:
        """The environment file that this local cloud is for, unless another one is named."""
        return "sandbox" if self.has_ml else BARE_ENVIRONMENT

    def marked(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment for a process of this local cloud, by which `strays` finds it."""
        return {**environment, MARK: str(self.home)}

    def strays(self) -> list[Process]:
        """Processes of this local cloud, written down or not."""
        return bearing(MARK, str(self.home))

    def make_key(self) -> None:
        if self.deepseek_key.exists():
            return
        self.deepseek_key.touch(mode=0o600)
        self.deepseek_key.write_text(f"sk-{secrets.token_hex(16)}")

    def client_environment(self) -> dict[str, str]:
        """Environment variables by which any AWS client (boto3, the CDK CLI, the AWS CLI) meets this local cloud."""
        gateway = f"https://127.0.0.1:{self.ports().aws}"
        bundle = str(self.certificates.bundle)
        return {
            "AWS_ENDPOINT_URL": gateway,
            "AWS_ENDPOINT_URL_S3": gateway,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "NODE_EXTRA_CA_CERTS": str(self.certificates.ca),
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": ",".join(
                filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1", "localhost"])
            ),
        }


def _free_ports() -> Ports:
    """Free ports, found by binding; the domains' ports are neighbours."""
    with contextlib.ExitStack() as stack:
        engine, transport, aws, egress, models, way_out = (
            stack.enter_context(_bound(0)).getsockname()[1] for _ in range(6)
        )
        first = next(port for port in range(20000 + os.getpid() % 9000, 32000, DOMAIN_PORTS) if _all_free(port))
    return Ports(engine, transport, aws, egress, models, way_out, (first, first + DOMAIN_PORTS - 1))


def _all_free(first: int) -> bool:
    with contextlib.ExitStack() as stack:
        try:
            for port in range(first, first + DOMAIN_PORTS):
                stack.enter_context(_bound(port))
        except OSError:
            return False
    return True


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener
