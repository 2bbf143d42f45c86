"""The properties that replace a resource are those of its CloudFormation schema, which cfn-lint ships."""

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from osml.deploy.loss import HOLDING

# Importing cfn-lint takes longer than the tests.
pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("type", sorted(HOLDING))
def test_what_replaces_a_resource_is_what_its_schema_says(type: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type).schema
    conditional = schema.get("conditionalCreateOnlyProperties") or []
    said = {path.split("/")[2] for path in [*(schema.get("createOnlyProperties") or []), *conditional]}
    # The tags are ours, and no setting changes whether access is fine-grained.
    settled = {"Tags", "AdvancedSecurityOptions", "ImportSourceSpecification"}
    assert set(HOLDING[type]) == said - settled
