"""Objects of ml-commons as desired state: `apply` brings one to its specification, `destroy` removes it.

    transport = HttpTransport("https://search.example.com", auth=...)
    client, owner = Client(transport), Owner("dev", "Chat")
    outcome = apply(kind_named("ModelGroup"), {"name": "chat"}, client=client, owner=owner)

Nothing here imports crhelper, boto3 or argparse: signatures, clock and sleep are passed in.
"""

from mlcommons.client import Client
from mlcommons.collection import Collection
from mlcommons.errors import ProvisioningError
from mlcommons.kernel import ProvisioningOutcome, apply, destroy, release
from mlcommons.kind import Kind, Observed
from mlcommons.kinds import KINDS, kind_named
from mlcommons.owner import Owner
from mlcommons.patience import Patience
from mlcommons.transport import HttpTransport, MockTransport, Request, Response, Transport

__all__ = [
    "KINDS",
    "Client",
    "Collection",
    "HttpTransport",
    "Kind",
    "MockTransport",
    "Observed",
    "Owner",
    "Patience",
    "ProvisioningError",
    "ProvisioningOutcome",
    "Request",
    "Response",
    "Transport",
    "apply",
    "destroy",
    "kind_named",
    "release",
]
