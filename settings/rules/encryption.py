"""Rules about the KMS key: its region and account, and the form in which it is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment


def key_is_here(environment: Environment) -> Iterator[str]:
    """A KMS key must be in the environment's region, and an alias in its account."""
    encryption = environment.encryption
    if encryption is None or encryption.arn is None:
        return
    _, _, _, region, account, _ = encryption.arn.split(":", 5)
    if environment.region is not None and region != environment.region:
        yield (
            f"encryption.key is in {region}, but region is {environment.region!r}, and services take keys of their own "
            "region; name one there, or replicate the key if it is a multi-Region key"
        )
    if encryption.alias and environment.account is not None and account != environment.account:
        yield (
            f"encryption.key is an alias of the account {account}, but account is {environment.account!r}, and an "
            f"alias works only in its own account; write the ARN of the key, arn:…:key/…"
        )


def key_has_an_arn(environment: Environment) -> Iterator[str]:
    """A collection needs the key's ARN, because an encryption policy of OpenSearch Serverless accepts no alias."""
    encryption = environment.encryption
    if encryption is not None and encryption.alias is not None and isinstance(environment.search, Serverless):
        yield (
            f"encryption.key is {encryption.key!r}, but a collection accepts no alias; write the ARN that `aws kms "
            f"describe-key --key-id {encryption.key} --query KeyMetadata.Arn` prints"
        )
