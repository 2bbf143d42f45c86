"""Environments of earlier releases: which ones, and everything that is stored in one."""

import json
from dataclasses import dataclass
from typing import Any

import boto3
import yaml

from osml.place import CHECKOUT
from tests.e2e.conftest import Engine
from tests.e2e.neighbours import ENDPOINT

ROUTES = {r"ApiDeployment\w+": "API Gateway's copy of the routes: each change of a route makes another one"}
PARTS = ("search", "inference", "knowledge", "assistant")
Resources = dict[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Release:
    """An environment of the earlier `commit`: `sandbox` is the file it begins with, `assistant` its setting.

    `removed` are patterns of the logical ids of resources that are removed or replaced, each with its reason.
    """

    name: str
    commit: str
    sandbox: str
    assistant: dict[str, Any]
    removed: dict[str, str]

    @property
    def is_domain(self) -> bool:
        return self.sandbox == "sandbox"


# No version is released yet. Both commits have the version 0.1.0: of 29 November 2026, 13:28 and 21:54 UTC. Put the tag
# of the last release here as soon as there is one.
RELEASES = (
    # Documents have no source and no date, conversations no index, and a function serves the files of the page.
    Release(
        "older-domain",
        "15c34638cc345c07470af7b5b0fff73ead4fdbb5",
        "sandbox",
        {"access": {"others": "reader", "groups": {"hr": ["bob@example.com"]}}},
        {
            **ROUTES,
            r"Apiragfile\w+": "each file of the page has a route of its own",
            r"Page(Function|Log|Policy|Role)\w+": "a bucket has the files of the page, no longer a function",
        },
    ),
    # The first code with feedback and quotas.
    Release(
        "older-store",
        "48ff08782d55a3a59e51d6193d44a2e6a70a21aa",
        "sandbox-aoss",
        {
            "sign_in": "api-key",
            "page": False,
            "access": {"others": "owner", "readers": ["outside"], "editors": ["inside"], "groups": {"hr": ["inside"]}},
            "feedback": {"keep": "texts"},
            "quota": {"questions_per_day": 1000},
        },
        ROUTES,
    ),
)


@dataclass(frozen=True)
class State:
    """What the stacks consist of, by part and logical id, and what is stored in it: a JSON text by its place."""

    resources: Resources
    stored: dict[str, str]


def settings(release: Release) -> str:
    read: dict[str, Any] = yaml.safe_load((CHECKOUT / "environments" / f"{release.sandbox}.yaml").read_text())
    read |= {"index": {"name": release.name}, "assistant": release.assistant}
    read["embedding"] = {"endpoint": ENDPOINT, "shape": "array", "dimension": 384, "provider": "sagemaker"}
    read["answer"]["secret"] = {"name": "osml/sandbox/deepseek", "key": "api_key"}
    return yaml.safe_dump(read)


def resources_of(release: Release) -> Resources:
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
    return {
        (part, summary["LogicalResourceId"]): (summary["ResourceType"], summary["PhysicalResourceId"])
        for part in PARTS
        for page in pages.paginate(StackName=f"osml-{release.name}-{part}")
        for summary in page["StackResourceSummaries"]
    }


def state(release: Release, engine: Engine) -> State:
    """Every document, conversation, table, user and key of the environment."""
    resources, stored = resources_of(release), {}
    everything = {"query": {"match_all": {}}, "size": 1000}
    for indexes in (f"*{release.name}*", ".plugins-ml-memory-*"):
        engine("POST", f"/{indexes}/_refresh?expand_wildcards=all")
        for hit in engine("POST", f"/{indexes}/_search?expand_wildcards=all", everything)["hits"]["hits"]:
            stored[f"{hit['_index']}/{hit['_id']}"] = hit["_source"]
    for type, physical in resources.values():
        if type == "AWS::DynamoDB::Table":
            for item in boto3.client("dynamodb").scan(TableName=physical)["Items"]:
                stored[f"{physical}/{json.dumps(item, sort_keys=True, default=str)}"] = item
        if type == "AWS::Cognito::UserPool":
            for user in boto3.client("cognito-idp").list_users(UserPoolId=physical)["Users"]:
                stored[f"{physical}/{user['Username']}"] = {**user, "UserLastModifiedDate": None}
        if type == "AWS::ApiGateway::ApiKey":
            key = boto3.client("apigateway").get_api_key(apiKey=physical, includeValue=True)
            stored[physical] = key["value"]
    return State(resources, {place: json.dumps(value, sort_keys=True, default=str) for place, value in stored.items()})
