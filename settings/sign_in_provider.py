"""The settings of another identity provider with which people sign in to the pool."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from settings import Group

# The pool's attribute for a person's groups at another provider.
GROUP_ATTRIBUTE = "custom:groups"
Https = Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^ \"'{}\n\r\t]*)?$", max_length=2048)]
# Reserved names: those of the pool itself, and of Cognito's built-in providers, which have other settings.
_TAKEN = ("COGNITO", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple")


def _free(name: str) -> str:
    if name in _TAKEN:
        raise ValueError(f"{name!r} is a reserved name; choose another, such as Company")
    return name


ProviderName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{2,31}$"), AfterValidator(_free)]


class ProviderSecret(Group):
    """Where Secrets Manager keeps the client secret: the secret `name` and the JSON `key` in its value."""

    name: str = Field(pattern=r"^[A-Za-z0-9/_+=.@-]{1,128}$", examples=["osml/prod/sign-in"])
    key: str = Field(default="client_secret", pattern=r"^[A-Za-z0-9_]{1,64}$", examples=["client_secret"])


class SignInProvider(Group):
    """A provider of OpenID Connect (`issuer`, `client_id`, `secret`) or of SAML (`metadata_url`).

    `groups` is the claim or attribute with a person's groups, and `email` the one with the mail address.
    """

    issuer: Https | None = Field(default=None, examples=["https://login.example.com/tenant/v2.0"])
    client_id: str | None = Field(default=None, min_length=1, max_length=256)
    secret: ProviderSecret | None = None
    metadata_url: Https | None = Field(default=None, examples=["https://login.example.com/metadata.xml"])
    groups: str | None = Field(default=None, min_length=1, max_length=256, examples=["groups"])
    email: str = Field(default="email", min_length=1, max_length=256)

    @model_validator(mode="after")
    def _of_one_kind(self) -> SignInProvider:
        oidc = [self.issuer, self.client_id, self.secret]
        if self.metadata_url and any(oidc):
            raise ValueError("metadata_url is for SAML, and issuer, client_id and secret are for OIDC; set one kind")
        if not self.metadata_url and not all(oidc):
            raise ValueError(
                "it is neither for SAML nor for OIDC; set metadata_url for SAML, or issuer, client_id and secret for "
                "OIDC"
            )
        return self
