"""The checks of OpenSearch Serverless for the documents of policies.

- Encryption: `{"Rules": […], "AWSOwnedKey": true}` or `{"Rules": […], "KmsARN": …}`
- Network: a list of `{"Rules", "AllowFromPublic", "SourceVPCEs", "SourceServices", "Description"}`
- Data: a list of `{"Rules", "Principal", "Description"}`
- Retention: `{"Rules": […]}`

A rule is `{"ResourceType", "Resource", "Permission"}`. Error messages have the form of Amazon's; the text in their
brackets is from this module.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]

_COLLECTION = ("CreateCollectionItems", "DeleteCollectionItems", "UpdateCollectionItems", "DescribeCollectionItems")
_INDEX = ("ReadDocument", "WriteDocument", "CreateIndex", "DeleteIndex", "UpdateIndex", "DescribeIndex")
_MODEL = ("CreateMLResource", "DeleteMLResource", "UpdateMLResource", "DescribeMLResource", "ExecuteMLResource")
_PERMISSIONS = {"collection": _COLLECTION, "index": _INDEX, "model": _MODEL}
_NAME = r"[a-z*][a-z0-9_*-]*"
_RESOURCES = {
    "collection": re.compile(rf"collection/{_NAME}"),
    # The dashboards of a collection are named like the collection.
    "dashboard": re.compile(rf"collection/{_NAME}"),
    "index": re.compile(rf"index/{_NAME}/[^/]+"),
    "model": re.compile(rf"model/{_NAME}/[^/]+"),
}
_PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:(root|user/[^*]+|role/[^*]+)|sts::\d{12}:(assumed-role|federated-user)/[^*]+)"
    r"|saml/\d{12}/[^/*]+/(user|group)/[^*]+"
    r"|iamidentitycenter/[^*]+/(user|group)/[^*]+"
)
_NETWORK = {"Rules", "AllowFromPublic", "SourceVPCEs", "SourceServices", "Description"}
_DATA = {"Rules", "Principal", "Description"}


class InvalidPolicy(ValueError):
    """The document is not a policy; the message is what CloudFormation reports."""

    def __init__(self, error: str) -> None:
        super().__init__(f"Policy json is invalid, error: [{error}]")


def check_encryption(document: Any, others: Mapping[str, Document]) -> None:
    """Raises InvalidPolicy. `others` are the documents of the other encryption policies, by name."""
    policy = _object(document, {"Rules", "AWSOwnedKey", "KmsARN"}, "An encryption policy is an object")
    resources = _rules(policy, ("collection",))
    if (policy.get("AWSOwnedKey") is True) == bool(policy.get("KmsARN")):
        raise InvalidPolicy("exactly one of AWSOwnedKey: true and KmsARN must be given")
    for name, other in others.items():
        for shared in resources & set(_resources(other)):
            raise InvalidPolicy(f"{shared} is in the encryption policy {name} already")


def check_network(document: Any) -> None:
    for statement in _statements(document, _NETWORK):
        _rules(statement, ("collection", "dashboard"))
        public = statement.get("AllowFromPublic")
        closed = [key for key in ("SourceVPCEs", "SourceServices") if statement.get(key)]
        if public not in (None, True, False):
            raise InvalidPolicy("AllowFromPublic must be a boolean")
        if bool(public) == bool(closed):
            raise InvalidPolicy("a statement has either AllowFromPublic: true, or SourceVPCEs or SourceServices")


def check_data(document: Any) -> None:
    for statement in _statements(document, _DATA):
        _rules(statement, tuple(_PERMISSIONS), permissions=True)
        principals = statement.get("Principal")
        if not isinstance(principals, list) or not principals:
            raise InvalidPolicy("Principal must be a list with at least one entry")
        for principal in principals:
            if not isinstance(principal, str) or not _PRINCIPAL.fullmatch(principal):
                raise InvalidPolicy(f"Principal {principal!r} is no IAM, SAML or IAM Identity Center identity")


def check_retention(document: Any) -> None:
    policy = _object(document, {"Rules"}, "A lifecycle policy is an object")
    for rule in _listed(policy.get("Rules"), "Rules"):
        known = {"ResourceType", "Resource", "MinIndexRetention", "NoMinIndexRetention"}
        _resources_of(_object(rule, known, "A rule is an object"), ("index",))
        if bool(rule.get("MinIndexRetention")) == (rule.get("NoMinIndexRetention") is True):
            raise InvalidPolicy("exactly one of MinIndexRetention and NoMinIndexRetention: true must be given")


def _statements(document: Any, known: set[str]) -> Iterable[Document]:
    for statement in _listed(document, "the policy"):
        yield _object(statement, known, "A statement is an object")


def _rules(statement: Document, kinds: tuple[str, ...], *, permissions: bool = False) -> set[str]:
    resources: set[str] = set()
    known = {"ResourceType", "Resource"} | ({"Permission"} if permissions else set())
    for rule in _listed(statement.get("Rules"), "Rules"):
        _object(rule, known, "A rule is an object")
        resources |= _resources_of(rule, kinds)
        if not permissions:
            continue
        kind = rule["ResourceType"]
        allowed = {"aoss:*", *(f"aoss:{name}" for name in _PERMISSIONS[kind])}
        for permission in _listed(rule.get("Permission"), "Permission"):
            if permission not in allowed:
                raise InvalidPolicy(f"Permission {permission!r} is none of ResourceType {kind}")
    return resources


def _resources_of(rule: Document, kinds: tuple[str, ...]) -> set[str]:
    kind = rule.get("ResourceType")
    if kind not in kinds:
        raise InvalidPolicy(f"ResourceType {kind!r} is none of {', '.join(kinds)}")
    resources = _listed(rule.get("Resource"), "Resource")
    for resource in resources:
        if not isinstance(resource, str) or not _RESOURCES[str(kind)].fullmatch(resource):
            raise InvalidPolicy(f"Resource {resource!r} does not name what ResourceType {kind} is about")
    return set(resources)


def _resources(policy: Document) -> Iterable[str]:
    return (resource for rule in policy.get("Rules", ()) for resource in rule.get("Resource", ()))


def _listed(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InvalidPolicy(f"{name} must be a list with at least one entry")
    return value


def _object(value: Any, known: set[str], sentence: str) -> Document:
    if not isinstance(value, dict):
        raise InvalidPolicy(sentence)
    if unknown := sorted(value.keys() - known):
        raise InvalidPolicy(f"{sentence} of {', '.join(sorted(known))}; {', '.join(unknown)} is not among them")
    return value
