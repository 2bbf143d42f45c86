"""Losses of a deploy: data that it removes or replaces, and stacks that the settings no longer have."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MARK_DIGITS = 8
Resources = Mapping[str, Mapping[str, Any]]

# Types with data that cannot be created again, or with an address that others use. The properties of each are those
# whose change makes CloudFormation replace the resource, from the types' registered schemas.
HOLDING: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::RestApi": (),
    "AWS::Cognito::UserPool": (),
    "AWS::Cognito::UserPoolDomain": ("UserPoolId", "Domain"),
    "AWS::DynamoDB::Table": ("TableName", "KeySchema"),
    "AWS::OpenSearchServerless::Collection": (
        "Name",
        "Type",
        "StandbyReplicas",
        "CollectionGroupName",
        "EncryptionConfig",
    ),
    "AWS::OpenSearchServerless::CollectionGroup": ("Name", "StandbyReplicas", "Generation"),
    "AWS::OpenSearchService::Domain": ("DomainName", "EngineMode", "EncryptionAtRestOptions"),
    "AWS::S3::Bucket": ("BucketName", "BucketNamePrefix", "BucketNamespace"),
    "AWS::SQS::Queue": ("FifoQueue", "QueueName"),
    "AWS::SecretsManager::Secret": ("Name",),
}
KEEPING = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True)
class Loss:
    """One loss as a sentence: `what` is its subject, and `how` is the rest."""

    what: str
    how: str

    def __str__(self) -> str:
        return f"{self.what} {self.how}"


def mark_of(losses: Iterable[Loss]) -> str:
    """The value of the setting `reviewed` that accepts exactly these losses."""
    text = "\n".join(sorted(map(str, losses)))
    return f"losses-{hashlib.sha256(text.encode()).hexdigest()[:_MARK_DIGITS]}"


def of_resources(stack: str, before: Resources, after: Resources) -> Iterator[Loss]:
    """The losses when the template of `stack` changes; only the types in HOLDING count."""
    for name, old in before.items():
        type = str(old.get("Type"))
        if type not in HOLDING:
            continue
        new = after.get(name)
        named = f"{type} {name} of {stack}"
        if new is None or new.get("Type") != type:
            stays = old.get("DeletionPolicy") in KEEPING
            yield Loss(named, "leaves the stack and is kept" if stays else "is removed")
            continue
        was, becomes = old.get("Properties") or {}, new.get("Properties") or {}
        changed = [key for key in HOLDING[type] if was.get(key) != becomes.get(key)]
        if changed:
            stays = new.get("UpdateReplacePolicy") in KEEPING
            end = "is kept outside of the stack" if stays else "is removed"
            yield Loss(named, f"is replaced by an empty one, because {', '.join(changed)} changes; the old one {end}")


def of_stack(stack: str, resources: Resources) -> Loss:
    """The loss of a stack that the settings no longer have."""
    held = sorted({str(resource["Type"]) for resource in resources.values() if resource.get("Type") in HOLDING})
    kept = [
        resource
        for resource in resources.values()
        if resource.get("Type") in HOLDING and resource.get("DeletionPolicy") in KEEPING
    ]
    what = f" with {', '.join(held)}" if held else ""
    return Loss(f"The stack {stack}{what}", "is removed; its data is kept" if kept else "is removed")


def of_index(before: str | None, after: str, *, kept: bool) -> Iterator[Loss]:
    """The loss when the index gets another name: documents are not moved to the new index."""
    if before and before != after:
        end = "is kept in the engine but is no longer searched" if kept else "is removed with all its documents"
        yield Loss(f"The index {before}", f"{end}; an empty index {after} replaces it")
