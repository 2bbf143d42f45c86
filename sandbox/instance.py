"""One local cloud on this machine: its folder, its ports, its processes, and the variables for its clients."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sandbox.cache import cache_directory
from sandbox.certificates import Certificates
from sandbox.engine.assembly import BARE_ENVIRONMENT
from sandbox.engine.line import nearest, release
from sandbox.failure import SandboxError
from sandbox.free_ports import are_free, free_ports
from sandbox.process import Process, bearing

CHECKOUT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT = "000000000000"
DOMAIN_PORTS = 8
# Every process of a local cloud has this variable. It identifies the processes of a start that was killed before it
# recorded them.
MARK = "OSML_SANDBOX_HOME"


@dataclass(frozen=True)
class Ports:
    """TCP ports on 127.0.0.1. Each domain gets a port from the range `domains` (first, last)."""

    engine: int
    transport: int
    aws: int
    egress: int
    models: int
    egress_proxy: int
    domains: tuple[int, int]


@dataclass(frozen=True)
class StartedEngine:
    """The last started engine: its version, whether it has ml-commons, and the requested `search.engine_version`."""

    version: str
    has_ml: bool
    asked: str | None = None

    @property
    def distance(self) -> str:
        """A phrase about the difference from the requested version; empty if there is none."""
        if self.asked is None or release(self.asked) == release(self.version):
            return ""
        return f"the nearest available line to {self.asked}"


@dataclass(frozen=True)
class Instance:
    """One local cloud; all its files are in `home`."""

    name: str
    home: Path

    @classmethod
    def named(cls, name: str | None = None) -> "Instance":
        """The local cloud `name` (default: OSML_SANDBOX, or else `default`). A checkout may have several."""
        chosen = name or os.environ.get("OSML_SANDBOX") or "default"
        checkout = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
        return cls(chosen, cache_directory() / "instances" / f"{chosen}-{checkout}")

    @property
    def certificates(self) -> Certificates:
        return Certificates(self.home / "tls")

    @property
    def deepseek_key(self) -> Path:
        """The key for this local cloud's DeepSeek endpoint, generated at the first start."""
        return self.home / "deepseek.key"

    @property
    def before_upgrade(self) -> Path:
        """The folder with the engine's data from before the last upgrade."""
        return self.home / "before-upgrade"

    @property
    def snapshots(self) -> Path:
        """The folder with the snapshots of all engines; it has a folder for each bucket."""
        return self.home / "snapshots"

    def log(self, process: str) -> Path:
        return self.home / "logs" / f"{process}.log"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Allows one start or stop at a time: a second one waits."""
        self._make_home()
        with (self.home / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_home(self) -> None:
        """Makes `home`. Other users cannot read it. For root, the engine's user (nobody) can pass through it."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def ports(self) -> Ports:
        """The ports of this local cloud, which are chosen once and kept while it runs.

        Raises SandboxError if another version of osml chose them.
        """
        path = self.home / "ports.json"
        if not path.exists():
            self._make_home()
            path.write_text(json.dumps(asdict(_free_ports())))
        saved = json.loads(path.read_text())
        if missing := {field.name for field in fields(Ports)} - saved.keys():
            raise SandboxError(
                f"The local cloud {self.name} was started by another version without a port for "
                f"{', '.join(sorted(missing))}. Run `osml sandbox down`, then `osml sandbox up`."
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

    def remember_engine(self, engine: StartedEngine) -> None:
        (self.home / "engine.json").write_text(json.dumps(asdict(engine)))

    @property
    def engine(self) -> StartedEngine:
        """The last started engine; before the first start, an engine of the newest line."""
        path = self.home / "engine.json"
        return (
            StartedEngine(**json.loads(path.read_text()))
            if path.exists()
            else StartedEngine(nearest(None).version, True)
        )

    @property
    def environment(self) -> str:
        """The name of the default environment for this local cloud."""
        return "sandbox" if self.engine.has_ml else BARE_ENVIRONMENT

    def marked(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment variables for a process of this local cloud; `strays` finds the process by them."""
        return {**environment, MARK: str(self.home)}

    def strays(self) -> list[Process]:
        """All processes of this local cloud, recorded or not."""
        return bearing(MARK, str(self.home))

    def make_key(self) -> None:
        if self.deepseek_key.exists():
            return
        self.deepseek_key.touch(mode=0o600)
        self.deepseek_key.write_text(f"sk-{secrets.token_hex(16)}")

    def client_environment(self) -> dict[str, str]:
        """Environment variables that let an AWS client (boto3, the CDK CLI, the AWS CLI) use this local cloud."""
        gateway = f"https://127.0.0.1:{self.ports().aws}"
        bundle = str(self.certificates.bundle)
        return {
            "AWS_ENDPOINT_URL": gateway,
            "AWS_ENDPOINT_URL_S3": gateway,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            # Each client of botocore reads the file anew: with the machine's 140 authorities, in 15 ms of a processor.
            "AWS_CA_BUNDLE": str(self.certificates.ca),
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "CURL_CA_BUNDLE": bundle,
            "NODE_EXTRA_CA_CERTS": str(self.certificates.ca),
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": ",".join(
                filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1", "localhost"])
            ),
        }


def _free_ports() -> Ports:
    """Free ports. The domains' ports are consecutive."""
    engine, transport, aws, egress, models, egress_proxy = free_ports(6)
    blocks = range(20000 + os.getpid() % 9000, 32000, DOMAIN_PORTS)
    first = next(port for port in blocks if are_free(range(port, port + DOMAIN_PORTS)))
    return Ports(engine, transport, aws, egress, models, egress_proxy, (first, first + DOMAIN_PORTS - 1))
