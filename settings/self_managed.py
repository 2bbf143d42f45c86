"""The settings of a self-managed OpenSearch: `search.kind: self-managed`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings import Group
from settings.search import Cluster
from settings.web_address import WebAddress

KEY = r"^[A-Za-z0-9_]{1,64}$"
SECRET = r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$"  # noqa: S105
SECRET_EXAMPLE = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/dev/search-AbCdEf"  # noqa: S105


class LoginSecret(Group):
    """The secret with the user's name and password: its complete `arn`, and their JSON keys `username_key` and
    `password_key`.
    """

    arn: str = Field(pattern=SECRET, examples=[SECRET_EXAMPLE])
    username_key: str = Field(default="username", pattern=KEY, examples=["username"])
    password_key: str = Field(default="password", pattern=KEY, examples=["password"])


class AwsKeysSecret(Group):
    """The secret with an access key for model calls to AWS: its complete `arn`, and the JSON keys `access_key_key` of
    the key's id and `secret_key_key` of the secret key. `session_token_key` is that of a session token; leave it out
    for a permanent key.
    """

    arn: str = Field(pattern=SECRET, examples=[SECRET_EXAMPLE])
    access_key_key: str = Field(default="access_key", pattern=KEY, examples=["access_key"])
    secret_key_key: str = Field(default="secret_key", pattern=KEY, examples=["secret_key"])
    session_token_key: str | None = Field(default=None, pattern=KEY, examples=["session_token"])


class SelfManaged(Cluster):
    """A self-managed OpenSearch at `endpoint`, with the security plugin and ml-commons.

    `login` is a user with all permissions, as which the provisioner and the command line sign in. `model_keys` is
    needed for models on AWS. A self-managed engine can neither read secrets nor assume roles, so its connectors contain
    the keys, which are read when a connector is created. Increase `key_revision` after a key has changed.
    """

    kind: Literal["self-managed"]
    endpoint: WebAddress = Field(examples=["https://search.example.com:9200"])
    login: LoginSecret
    model_keys: AwsKeysSecret | None = None
    key_revision: int = Field(default=1, ge=1, le=1_000_000)

    @property
    def port(self) -> int:
        """The endpoint's port, by default 443."""
        port = self.endpoint.removeprefix("https://").partition(":")[2]
        return int(port or 443)

    @property
    def arns(self) -> dict[str, str]:
        keys = {"model_keys.arn": self.model_keys.arn} if self.model_keys else {}
        return {"login.arn": self.login.arn, **keys}
