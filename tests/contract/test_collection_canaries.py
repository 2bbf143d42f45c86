"""Checks that each gap in MiniStack's OpenSearch Serverless that `sandbox.cloud` closes is still open.

A failing test means that MiniStack has closed the gap: remove the part that its message names.
"""

from typing import Any

import pytest

from tests.contract import unwrapped_cloud

unwrapped = unwrapped_cloud.unwrapped

UNWRAPPED = """
import json
from ministack.services import opensearchserverless as aoss
from ministack.services.cloudformation import provisioners

def refusal(check, *arguments):
    try:
        check(*arguments)
    except aoss._Invalid as refused:
        return str(refused)

dashboards = {"Rules": [{"ResourceType": "dashboard", "Resource": ["collection/a"]}], "AllowFromPublic": True}
collection = {"name": "abc", "collectionGroupName": "g", "encryptionConfig": {"aWSOwnedKey": True}}
print(json.dumps({
    "types": [name for name in provisioners._RESOURCE_HANDLERS if name.startswith("AWS::OpenSearchServerless::")],
    "groups": refusal(aoss._create_collection, collection),
    "dashboards": refusal(aoss._validate_network_policy, [dashboards]),
    "operations": sorted(aoss._HANDLERS),
}))
"""


def test_cloudformation_does_not_know_the_types(unwrapped: dict[str, Any]) -> None:
    assert unwrapped["types"] == [], "collection_types.register"


def test_collections_join_no_groups(unwrapped: dict[str, Any]) -> None:
    assert unwrapped["groups"] == "Collection groups are not supported by MiniStack", "collection_records.joined"


def test_dashboards_are_not_named_by_their_collection(unwrapped: dict[str, Any]) -> None:
    assert "must start with 'dashboard/'" in unwrapped["dashboards"], "collection_policies.check_network"


@pytest.mark.parametrize("operation", ["ListCollectionGroups", "ListVpcEndpoints", "ListLifecyclePolicies"])
def test_the_api_lacks_what_is_kept_beside_collections(unwrapped: dict[str, Any], operation: str) -> None:
    assert operation not in unwrapped["operations"], "collection_records.OPERATIONS"
