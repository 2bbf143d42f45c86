"""What an environment says about an OpenSearch of one's own: `search.kind: self-managed`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from osml.environment.part import EnvironmentPart
from osml.environment.search import Engine

KEY = r"^[A-Za-z0-9_]{1,64}$"
SECRET = r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$"  # noqa: S105
SECRET_EXAMPLE = "arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/dev/search-AbCdEf"  # noqa: S105


class LoginSecret(EnvironmentPart):
    """The secret with the user's name and password: its complete ARN, and the JSON keys they are under."""

    arn: str = Field(pattern=SECRET, examples=[SECRET_EXAMPLE])
    username_key: str = Field(default="username", pattern=KEY, examples=["username"])
    password_key: str = Field(default="password", pattern=KEY, examples=["password"])


class AwsKeysSecret(EnvironmentPart):
    """The secret with an access key for model calls to AWS; without `session_token_key` for a lasting key."""

    arn: str = Field(pattern=SECRET, examples=[SECRET_EXAMPLE])
    access_key_key: str = Field(default="access_key", pattern=KEY, examples=["access_key"])
    secret_key_key: str = Field(default="secret_key", pattern=KEY, examples=["secret_key"])
    session_token_key: str | None = Field(default=None, pattern=KEY, examples=["session_token"])


class SelfManaged(Engine):
    """An OpenSearch of one's own, with the security plugin and ml-commons.

    `login` is of a user who may do all; provisioner and command line sign in as this user. `model_keys` is needed for
    models on AWS. An engine of one's own reads no secrets and takes no roles, so its connectors hold the keys
    themselves: they are read when a connector is made. Raise `key_revision` after a key has changed.
    """

    kind: Literal["self-managed"]
    endpoint: str = Field(
        pattern=r"^https://[A-Za-z0-9.-]+(:\d{1,5})?$",
        examples=["https://search.example.com:9200"],
    )
    login: LoginSecret
    model_keys: AwsKeysSecret | None = None
    key_revision: int = Field(default=1, ge=1, le=1_000_000)

    @property
    def port(self) -> int:
        """The endpoint's port, 443 when it names none."""
        port = self.endpoint.removeprefix("https://").partition(":")[2]
        return int(port or 443)

    @property
    def arns(self) -> dict[str, str]:
        keys = {"model_keys.arn": self.model_keys.arn} if self.model_keys else {}
        return {"login.arn": self.login.arn, **keys}

    @field_validator("endpoint")
    @classmethod
    def _port_is_one(cls, value: str) -> str:
        port = value.removeprefix("https://").partition(":")[2]
        if port and not 0 < int(port) < 65536:
            raise ValueError(f"{value} has a port that does not exist; use one from 1 to 65535")
        return value
