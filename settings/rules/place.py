"""Rules about places: what an environment uses must be in its region and account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settings import Environment


def search_is_here(environment: Environment) -> Iterator[str]:
    """The engine, its VPC, its secrets and the certificate of the assistant's name are in the environment's region."""
    vpc = environment.search.vpc
    regions = {f"search.{setting}": arn.split(":")[3] for setting, arn in environment.search.arns.items()}
    regions |= {"search.vpc.availability_zones": vpc.region} if vpc else {}
    if environment.assistant and (name := environment.assistant.domain):
        regions["assistant.domain.certificate_arn"] = name.certificate_arn.split(":")[3]
    for setting, region in regions.items():
        if environment.region is not None and region != environment.region:
            yield f"{setting} is in {region}, but region is {environment.region!r}; make them agree"
    owner = environment.search.account
    if owner is not None and environment.account is not None and owner != environment.account:
        (setting,) = environment.search.arns
        yield (
            f"search.{setting} is of the account {owner}, but account is {environment.account!r}; "
            f"deploy into the account of the {'domain' if setting == 'domain_arn' else 'collection'}"
        )


def secrets_are_made_once(environment: Environment) -> Iterator[str]:
    """A secret can be created only once, so `create` may be set for only one model with that secret."""
    made: dict[str, str] = {}
    for setting, secret in environment.keys.items():
        first = made.setdefault(secret.name, setting) if secret.create else setting
        if first != setting:
            yield (
                f"{first}.secret and {setting}.secret have the same name and create: true, but a secret can be "
                f"created only once; leave out create of {setting}.secret, or give it another name"
            )


def secrets_are_here(environment: Environment) -> Iterator[str]:
    """The secrets with the models' keys are in the environment's region."""
    for name, secret in environment.keys.items():
        arn = secret.arn
        if arn is not None and environment.region is not None and arn.split(":")[3] != environment.region:
            yield (
                f"{name}.secret.arn is in {arn.split(':')[3]}, but region is {environment.region!r}; "
                "the environment reads secrets of its own region only: replicate the secret and set that ARN"
            )
