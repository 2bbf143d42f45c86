"""Where an environment keeps an API key."""

from __future__ import annotations

from pydantic import Field, model_validator

from osml.environment.part import EnvironmentPart


class Secret(EnvironmentPart):
    """Where the answer model's API key lies in Secrets Manager: secret `name`, JSON `key` in its value.

    `create: true` makes the secret with a placeholder, beside which `osml secret set` writes the key. `arn` is the
    complete ARN of an existing one, for a domain that does not resolve the ARN without its six random characters.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9/_+=.@-]{1,128}$", examples=["osml/dev/deepseek"])
    key: str = Field(default="api_key", pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["api_key"])
    create: bool = False
    arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$",
        examples=["arn:aws:secretsmanager:us-east-1:111122223333:secret:osml/dev/deepseek-AbCdEf"],
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Secret:
        if self.create and self.arn is not None:
            raise ValueError("create is true, but arn names a secret that exists; leave one of them out")
        if self.arn is not None and self.arn.split(":secret:")[1][:-7] != self.name:
            raise ValueError(f"arn is of another secret than name {self.name!r}; make them agree")
        return self
