"""An engine with the plugins of every tool and with a domain's Java version, for as long as it is measured."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import requests
from requests import PreparedRequest
from requests.auth import AuthBase
from requests_aws4auth import AWS4Auth

from mlcommons import Client, HttpTransport
from sandbox.alone import alone
from sandbox.cache import cache_directory
from sandbox.engine.assembly import obtain
from sandbox.engine.errors import PartMissing
from sandbox.engine.line import PUBLISHED, Line, Part, Plugin, nearest
from sandbox.engine.remote import SETTING
from sandbox.engine.repository import sources
from sandbox.progress import Lines
from trials.role_headers import role_headers

CALLER = "arn:aws:iam::000000000000:role/benchmark"
ROLE_HEADERS = role_headers(CALLER)
LINE = nearest(None)
# No public repository has this plugin; a folder or repository in OSML_MAVEN_REPOSITORIES may have it.
FLOW_FRAMEWORK = Part(
    group="org.opensearch.plugin",
    name="opensearch-flow-framework",
    version=f"{LINE.version}.0",
    packaging="zip",
    sha256=PUBLISHED,
)


class RoleSignature(AuthBase):
    """Signs every request, as a domain requires, and adds headers with the role of the signature."""

    def __init__(self) -> None:
        self._sign = AWS4Auth("none", "none", "us-east-1", "es")

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self._sign(request)
        # The engine cannot check Amazon's signatures; in the local cloud the front does, and then sets these headers.
        request.headers.update(ROLE_HEADERS)
        return request


@dataclass(frozen=True)
class BenchmarkEngine:
    """An engine: `ca` is the file that checks its certificate, `admin` the administrator's certificate and key."""

    url: str
    ca: str
    admin: tuple[str, str]
    has_flow_framework: bool

    def transport(self) -> HttpTransport:
        """The provisioner's transport, with a new connection."""
        return HttpTransport(self.url, auth=RoleSignature(), verify=self.ca)

    def session(self) -> requests.Session:
        """A signed session without the provisioner's code.

        Pass `verify=ca` to each request, because REQUESTS_CA_BUNDLE overrides the session's own `verify`.
        """
        session = requests.Session()
        session.auth = RoleSignature()
        return session

    def administrator(self) -> Client:
        return Client(HttpTransport(self.url, verify=self.ca, cert=self.admin))


@contextlib.contextmanager
def engine() -> Iterator[BenchmarkEngine]:
    """A new engine with a caller who may do everything, and with flow-framework if a repository has it."""
    line = _line()
    with alone("bench-engine", line, optimize=True) as started:
        admin = str(started.admin_cert), str(started.admin_key)
        made = BenchmarkEngine(started.url, str(started.ca), admin, has_flow_framework=line is not LINE)
        client = made.administrator()
        role = [{"op": "add", "path": "/backend_roles", "value": [CALLER]}]
        client.patch("/_plugins/_security/api/rolesmapping/all_access", role)
        if made.has_flow_framework:
            client.put("/_cluster/settings", {"persistent": {"plugins.flow_framework.enabled": True}})
        yield made


def _line() -> Line:
    """The newest line, with flow-framework if a repository has it."""
    places = sources(cache_directory())
    try:
        obtain([(FLOW_FRAMEWORK,)], places, Lines(print))
    except PartMissing:
        print(f"{FLOW_FRAMEWORK.coordinates} is served nowhere: its rows are left out. Name a repository in {SETTING}.")
        return LINE
    digest = hashlib.sha256(f"{LINE.digest} flow-framework".encode()).hexdigest()
    plugin = Plugin("opensearch-flow-framework", (FLOW_FRAMEWORK,))
    return replace(LINE, plugins=(*LINE.plugins, plugin), digest=digest)
