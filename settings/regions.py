"""The regions of AWS, and the regions that lack a service which this app uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Partition:
    """A partition: a part of AWS with its own accounts and regions. The names of its hosts end with `suffix`."""

    name: str
    suffix: str
    regions: tuple[str, ...]


# From `data/partitions.json` of botocore 1.44.5; tests/unit/test_region_rules.py compares the two.
PARTITIONS = (
    Partition(
        "aws",
        "amazonaws.com",
        (
            *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
            *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"),
            *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1"),
            *("eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
            *("il-central-1", "me-central-1", "me-south-1", "me-west-1", "mx-central-1", "sa-east-1", "sa-west-1"),
            *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
        ),
    ),
    Partition("aws-cn", "amazonaws.com.cn", ("cn-north-1", "cn-northwest-1")),
    Partition("aws-us-gov", "amazonaws.com", ("us-gov-east-1", "us-gov-west-1")),
    Partition("aws-eusc", "amazonaws.eu", ("eusc-de-east-1",)),
    Partition("aws-iso", "c2s.ic.gov", ("us-iso-east-1", "us-iso-west-1")),
    Partition("aws-iso-b", "sc2s.sgov.gov", ("us-isob-east-1", "us-isob-west-1")),
    Partition("aws-iso-e", "cloud.adc-e.uk", ("eu-isoe-west-1",)),
    Partition("aws-iso-f", "csp.hci.ic.gov", ("us-isof-east-1", "us-isof-south-1")),
)
_OF_REGION = {region: partition for partition in PARTITIONS for region in partition.regions}

# Regions in which CloudFormation lacks a resource type, from the schemas of cfn-lint 1.58.0; the same test compares.
_NO_COLLECTIONS = (
    *("af-south-1", "ap-east-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"),
    *("ap-southeast-7", "ca-west-1", "cn-north-1", "cn-northwest-1", "il-central-1", "me-central-1", "mx-central-1"),
)
LACKING: Mapping[str, frozenset[str]] = {
    "AWS::OpenSearchServerless::Collection": frozenset(_NO_COLLECTIONS),
    "AWS::OSIS::Pipeline": frozenset(
        {
            *_NO_COLLECTIONS,
            *("ap-east-1", "ap-northeast-3", "ap-south-2", "eu-central-2", "eu-south-1"),
        }
    ),
    "AWS::SageMaker::Endpoint": frozenset({"me-central-1", "us-gov-east-1"}),
    "AWS::SageMaker::InferenceComponent": frozenset(
        {
            *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-4"),
            *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "cn-north-1", "cn-northwest-1"),
            *("eu-central-2", "eu-south-1", "eu-south-2", "eu-west-3", "il-central-1", "mx-central-1"),
            *("us-gov-east-1", "us-gov-west-1", "us-west-1"),
        }
    ),
    "AWS::Cognito::UserPool": frozenset({"cn-north-1", "cn-northwest-1"}),
    "AWS::CodeBuild::Project": frozenset({"ap-east-2", "ca-west-1", "mx-central-1"}),
}

# The regions with Amazon Textract, which has no resource type: from `data/endpoints.json` of botocore; the same test
# compares.
WITH_TEXTRACT = frozenset(
    (
        *("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1"),
        *("eu-central-1", "eu-central-2", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "us-east-1"),
        *("us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-isof-east-1", "us-isof-south-1"),
        *("us-west-1", "us-west-2"),
    )
)


def partition_of(region: str) -> Partition | None:
    """The partition of `region`; None when AWS has no such region."""
    return _OF_REGION.get(region)


def no_such_region(region: str) -> str:
    """The rest of a message, after the name of a region that AWS does not have."""
    near = get_close_matches(region, _OF_REGION, n=3, cutoff=0.6)
    return f"a region that AWS does not have; set one that it has, such as {', '.join(near or ['us-east-1'])}"


def with_service(type: str, region: str) -> str:
    """The regions near `region` that have that resource type, for a message."""
    partition = partition_of(region)
    have = [region for region in (partition.regions if partition else ()) if region not in LACKING[type]]
    near = [other for other in have if other[:3] == region[:3]]
    return ", ".join((near or have)[:3])
