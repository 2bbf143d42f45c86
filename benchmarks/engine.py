"""An engine with every tool's plugins, with the Java of a domain, for as long as it is measured."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace

import requests
from requests import PreparedRequest
from requests.auth import AuthBase
from requests_aws4auth import AWS4Auth

from mlcommons import Client, HttpTransport
from sandbox.engine.parts import Part, PartsList, Plugin, parts
from sandbox.instance import Instance
from tests.contract.engine_process import running_engine

CALLER = "arn:aws:iam::000000000000:role/benchmark"
ROLE_HEADERS = {"x-forwarded-for": "127.0.0.1", "x-proxy-user": CALLER, "x-proxy-roles": CALLER}
FLOW_FRAMEWORK = Part(
    group="org.opensearch.plugin",
    name="opensearch-flow-framework",
    version="3.4.0.0",
    packaging="zip",
    sha256="e016184aa753bbca84f2089fe14a7b55ed555cdf5e467b9d251ca6287c206618",
    or_published=True,
)


class Signature(AuthBase):
    """Signs every request, as a domain asks for it, and names the role that the signature stands for."""

    def __init__(self) -> None:
        self._sign = AWS4Auth("none", "none", "us-east-1", "es")

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self._sign(request)
        # The engine knows Amazon's signatures from nobody: the local cloud's front reads them for it.
        request.headers.update(ROLE_HEADERS)
        return request


@dataclass(frozen=True)
class Engine:
    """Its address, and the files that its certificate is checked with and its administrator signs in with."""

    url: str
    ca: str
    admin: tuple[str, str]

    def transport(self) -> HttpTransport:
        """The provisioner's, of a connection of its own."""
        return HttpTransport(self.url, auth=Signature(), verify=self.ca)

    def session(self) -> requests.Session:
        """The same without the provisioner; give each request `verify=ca`, a session's own is overruled."""
        session = requests.Session()
        session.auth = Signature()
        return session

    def administrator(self) -> Client:
        return Client(HttpTransport(self.url, verify=self.ca, cert=self.admin))


@contextlib.contextmanager
def engine() -> Iterator[Engine]:
    """A new engine named `bench`, with flow-framework switched on and a caller who may do everything."""
    shutil.rmtree(Instance.named("bench-engine").home, ignore_errors=True)
    with running_engine("bench-engine", _listed(), optimize=True):
        names = ("ENGINE_URL", "CA", "ADMIN_CERT", "ADMIN_KEY")
        url, ca, certificate, key = (os.environ[f"OSML_TEST_{name}"] for name in names)
        found = Engine(url, ca, (certificate, key))
        admin = found.administrator()
        role = [{"op": "add", "path": "/backend_roles", "value": [CALLER]}]
        admin.patch("/_plugins/_security/api/rolesmapping/all_access", role)
        admin.put("/_cluster/settings", {"persistent": {"plugins.flow_framework.enabled": True}})
        yield found


def _listed() -> PartsList:
    """The engine's parts and flow-framework."""
    ours = parts()
    digest = hashlib.sha256(f"{ours.digest} {FLOW_FRAMEWORK.sha256}".encode()).hexdigest()
    return replace(ours, plugins=(*ours.plugins, Plugin("opensearch-flow-framework", FLOW_FRAMEWORK)), digest=digest)
