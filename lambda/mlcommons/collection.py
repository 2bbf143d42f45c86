"""A collection of OpenSearch Serverless: its data access policy, and what its refusals mean.

It lacks most APIs of a cluster (`_cluster/*`, `_refresh`) and answers 404 without a body to them. Its gateway refuses
with `{"status": 403, "error": {"reason": "403 Forbidden", "type": "Forbidden"}}`, or without a body and with the cause
in the header `x-aoss-response-hint`.
"""

from dataclasses import dataclass

from mlcommons.errors import PermissionMissing, ProvisioningError
from mlcommons.transport import Response

_HINT_HEADER = "x-aoss-response-hint"


@dataclass(frozen=True)
class Collection:
    """The collection of a client.

    `policy` is the name of the data access policy and `principal` the identity that signs; messages name both. For
    `spreading` seconds of an invocation, a refused request is repeated, because the policy may not have spread yet (AWS
    names one minute).
    """

    policy: str = "of the collection"
    principal: str = "the signing role"
    spreading: float = 75.0

    def spreading_of(self, error: ProvisioningError) -> float | None:
        """For how many seconds a policy that has not spread yet may cause the error; None if it is not a refusal."""
        return self.spreading if isinstance(error, PermissionMissing) else None

    def hint(self, answer: Response) -> str:
        """The hint for an answer with status 400 or above; empty if nothing special is known."""
        cause = answer.headers.get(_HINT_HEADER, "")
        if answer.status == 401 or "network-policy" in cause:
            return "Allow the request's VPC endpoint or public address in the collection's network policy."
        if answer.status == 403 and "gw-helper" in cause:
            return f"Allow {self.principal} aoss:APIAccessAll on the collection."
        if answer.status == 403:
            return f"Name {self.principal} in the data access policy {self.policy}."
        if answer.status == 404 and not answer.body:
            return "A serverless collection does not offer this API."
        return ""
