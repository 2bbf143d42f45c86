"""Where an environment keeps an API key."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from settings import Group
from settings.quoted import looks_like_a_key


class Secret(Group):
    """The place of a model's API key in Secrets Manager: the secret `name` and the JSON `key` in its value.

    `create: true` creates the secret with a placeholder, to which `osml secret set` adds the key. `arn` is the
    complete ARN of an existing one, for a domain that does not resolve the ARN without its six random characters.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9/_+=.@-]{1,128}$", examples=["osml/dev/deepseek"])
    key: str = Field(default="api_key", pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["api_key"])
    create: bool = False
    arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$",
        examples=["arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/dev/deepseek-AbCdEf"],
    )

    @property
    def id(self) -> str:
        """The secret's id for Secrets Manager: its ARN or its name."""
        return self.arn or self.name

    @field_validator("name", "key")
    @classmethod
    def _no_key_itself(cls, value: str) -> str:
        if looks_like_a_key(value):
            raise ValueError(
                "the value looks like the key itself; store the key with `osml secret set`, and write "
                "the name of the secret, for example osml/dev/deepseek"
            )
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Secret:
        if self.create and self.arn is not None:
            raise ValueError("create is true, but arn names a secret that exists; leave one of them out")
        if self.arn is not None and self.arn.split(":secret:")[1][:-7] != self.name:
            raise ValueError(f"arn is of another secret than name {self.name!r}; make them agree")
        return self
