"""Who uses a collection: roles of its data access policies, the functions with these roles, and the functions' APIs."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import boto3

_API = re.compile(r"arn:[a-z-]+:execute-api:[a-z0-9-]+:[0-9]{12}:([a-z0-9]+)/")
_INTEGRATION = re.compile(r":function:([A-Za-z0-9_-]+)")


@dataclass(frozen=True)
class Principal:
    """`indexes` are patterns of the indexes that `policies` name for the identity `arn`."""

    arn: str
    policies: tuple[str, ...]
    indexes: tuple[str, ...]

    @property
    def role(self) -> str | None:
        """The name of the role, None for another identity."""
        return self.arn.rpartition("/")[2] if ":role/" in self.arn else None

    def may_use(self, index: str) -> bool:
        """Whether a pattern covers the index."""
        return any(fnmatch.fnmatchcase(index, pattern) for pattern in self.indexes)


@dataclass
class Account:
    """Reads the account of `session`. Every method raises `ClientError` and `BotoCoreError`."""

    session: boto3.Session
    _apis: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def principals(self, collection: str) -> list[Principal]:
        """Every identity that a data access policy allows to use an index of the collection."""
        aoss = self.session.client("opensearchserverless")
        policies: dict[str, list[str]] = {}
        indexes: dict[str, list[str]] = {}
        for name in sorted(_every(aoss.list_access_policies, "accessPolicySummaries", "name", type="data")):
            document: Any = aoss.get_access_policy(name=name, type="data")["accessPolicyDetail"]["policy"]
            for statement in document:
                patterns = list(_patterns(statement, collection))
                for arn in statement["Principal"] if patterns else ():
                    policies.setdefault(arn, []).append(name)
                    indexes.setdefault(arn, []).extend(patterns)
        return [Principal(arn, tuple(names), tuple(indexes[arn])) for arn, names in policies.items()]

    def exists(self, role: str) -> bool:
        """Whether the role exists."""
        try:
            self.session.client("iam").get_role(RoleName=role)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise
            return False
        return True

    def functions(self, role: str) -> list[str]:
        """The names of the functions with that role."""
        return [name for name, function in self._functions.items() if function["Role"] == role]

    def endpoints(self, function: str) -> list[str]:
        """The SageMaker endpoints that the function's variables name."""
        values = set(self._functions[function].get("Environment", {}).get("Variables", {}).values())
        return sorted(values & self._endpoints)

    def stack(self, function: str) -> str | None:
        """The CloudFormation stack of the function; None if no stack created it."""
        tags = self.session.client("lambda").list_tags(Resource=self._functions[function]["FunctionArn"])["Tags"]
        return tags.get("aws:cloudformation:stack-name")

    def apis(self, function: str) -> list[tuple[str, str]]:
        """Ids and names of the REST APIs that may call the function."""
        try:
            policy = self.session.client("lambda").get_policy(FunctionName=function)["Policy"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return []
        return [(id, self._rest_apis[id]) for id in sorted(set(_API.findall(policy))) if id in self._rest_apis]

    def functions_of(self, api: str) -> tuple[str, ...]:
        """The names of the functions that the REST API calls."""
        if api not in self._apis:
            gateway = self.session.client("apigateway")
            pages = gateway.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
            methods = [
                method
                for page in pages
                for resource in page["items"]
                for method in resource.get("resourceMethods", {}).values()
            ]
            uris = (str(method.get("methodIntegration", {}).get("uri")) for method in methods)
            self._apis[api] = tuple(sorted({name for uri in uris for name in _INTEGRATION.findall(uri)}))
        return self._apis[api]

    @cached_property
    def _functions(self) -> dict[str, Mapping[str, Any]]:
        pages = self.session.client("lambda").get_paginator("list_functions").paginate()
        return {function["FunctionName"]: function for page in pages for function in page["Functions"]}

    @cached_property
    def _endpoints(self) -> set[str]:
        pages = self.session.client("sagemaker").get_paginator("list_endpoints").paginate()
        return {endpoint["EndpointName"] for page in pages for endpoint in page["Endpoints"]}

    @cached_property
    def _rest_apis(self) -> dict[str, str]:
        pages = self.session.client("apigateway").get_paginator("get_rest_apis").paginate()
        return {api["id"]: api["name"] for page in pages for api in page["items"]}


def _patterns(statement: Mapping[str, Any], collection: str) -> Iterator[str]:
    for rule in statement["Rules"]:
        for resource in rule["Resource"] if rule["ResourceType"] == "index" else ():
            _, name, index = resource.split("/", 2)
            if fnmatch.fnmatchcase(collection, name):
                yield index


def _every(read: Any, key: str, name: str, **request: str) -> Iterator[str]:
    """The names of all items of a list that boto3 has no paginator for."""
    token: dict[str, str] = {}
    while True:
        page = read(**request, **token)
        yield from (item[name] for item in page[key])
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}
