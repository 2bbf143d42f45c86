"""Regions and partitions of AWS: which exist, what they offer, and which settings must agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from osml.place import CHECKOUT
from settings import SettingError, load
from settings.regions import LACKING, PARTITIONS, WITH_TEXTRACT, partition_of

SANDBOX = (CHECKOUT / "environments" / "sandbox.yaml").read_text()
COLLECTION = (CHECKOUT / "environments" / "sandbox-aoss.yaml").read_text()
SAGEMAKER = """recipe: deepseek-sagemaker
search: {kind: domain, data_nodes: {instance_type: r7g.large.search, count: 1}}
embedding: {provider: titan, dimension: 512, region: us-east-1}
answer: {}
"""
ROLE = "arn:aws:iam::111122223333:role/Team"
CERTIFICATE = "arn:aws:acm:cn-north-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"


def refused(directory: Path, text: str) -> str:
    (directory / "other.yaml").write_text(text)
    with pytest.raises(SettingError) as caught:
        load("other", directory)
    return str(caught.value).removeprefix(f"{directory.name}/other.yaml: ")


def test_the_regions_are_those_of_botocore() -> None:
    import botocore

    file = Path(botocore.__file__).parent / "data" / "partitions.json"
    known = {
        partition["id"]: (
            partition["outputs"]["dnsSuffix"],
            sorted(name for name in partition["regions"] if not name.endswith("-global")),
        )
        for partition in json.loads(file.read_text())["partitions"]
    }
    assert {partition.name: (partition.suffix, sorted(partition.regions)) for partition in PARTITIONS} == known


@pytest.mark.thorough
def test_what_regions_lack_is_what_cloudformation_lacks() -> None:
    import cfnlint

    folder = Path(cfnlint.__file__).parent / "data" / "schemas" / "providers"
    types = {file.stem: set(json.loads(file.read_text())) for file in folder.glob("*.json")}
    for type, regions in LACKING.items():
        assert regions == {name for name, known in types.items() if partition_of(name) and type not in known}, type


def test_textract_is_where_botocore_knows_it() -> None:
    import boto3

    known = boto3.Session()
    partitions = known.get_available_partitions()
    assert {
        name for partition in partitions for name in known.get_available_regions("textract", partition)
    } == WITH_TEXTRACT


@pytest.mark.parametrize(
    ("text", "region", "sentence"),
    [
        (
            SANDBOX,
            "us-east-9",
            "region is 'us-east-9', a region that AWS does not have; set one that it has, such as us-",
        ),
        (
            SANDBOX,
            "cn-north-1",
            "region is 'cn-north-1', which has no Amazon Cognito; set assistant.sign_in to api-key.",
        ),
        (
            SANDBOX,
            "us-gov-east-1",
            "region is 'us-gov-east-1', which has no SageMaker endpoints; set embedding.endpoint to the name of one in "
            "another region and embedding.region to that region, or another embedding.provider, or region to one that "
            "has it, such as us-gov-west-1.",
        ),
        (
            COLLECTION,
            "il-central-1",
            "region is 'il-central-1', which has no OpenSearch Serverless; set search.kind to domain with another "
            "recipe, such as deepseek-api, or region to one that has it, such as ",
        ),
        (
            SAGEMAKER,
            "me-central-1",
            "region is 'me-central-1', which has no SageMaker endpoints; set answer.endpoint to",
        ),
        (
            SAGEMAKER.replace("answer: {}", "answer: {scaling: {maximum: 2}}"),
            "eu-west-3",
            "region is 'eu-west-3', which has no inference components of SageMaker; set answer.instances instead",
        ),
        (
            SANDBOX.replace("  dimension: 384", "  dimension: 384\n  scaling: {minimum: 0}"),
            "eu-west-3",
            "region is 'eu-west-3', which has no inference components of SageMaker; set embedding.instances",
        ),
        (
            SANDBOX.replace("assistant: {}", "ingestion: {}"),
            "ca-west-1",
            "region is 'ca-west-1', which has no OpenSearch Ingestion; set drop instead of ingestion",
        ),
        (
            f"{SANDBOX}\nreading: {{scans: textract}}\n",
            "sa-east-1",
            "reading.scans is 'textract', but region is 'sa-east-1', which has no Amazon Textract; leave reading.scans",
        ),
        (
            SANDBOX.replace("assistant: {}", "reading: {scans: textract}"),
            "us-east-1",
            "reading.scans is 'textract', but nothing on AWS reads files here; set assistant, drop or sources",
        ),
        (
            SANDBOX.replace("removal", f'admins: ["{ROLE}"]\n  removal').replace("{}", "{sign_in: api-key}"),
            "cn-north-1",
            "search.admins.0 is an ARN of the partition aws, but cn-north-1 is in aws-cn; write arn:aws-cn:….",
        ),
    ],
)
def test_a_region_has_what_is_asked_of_it(tmp_path: Path, text: str, region: str, sentence: str) -> None:
    assert refused(tmp_path, f"region: {region}\n{text}").startswith(sentence)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "removal",
            f'admins: ["{ROLE.replace("aws:", "aws-us-gov:")}"]\n  custom_endpoint: {{name: a.b.c, certificate_arn: '
            f'"{CERTIFICATE}"}}\n  removal',
            "search.custom_endpoint.certificate_arn is an ARN of the partition aws, but cn-north-1 is in aws-cn; write",
        ),
        (
            "removal",
            f'admins: ["{ROLE}"]\n  custom_endpoint: {{name: a.b.c, certificate_arn: '
            f'"{CERTIFICATE.replace("aws:", "aws-cn:")}"}}\n  removal',
            "search.admins.0 is an ARN of the partition aws, but cn-north-1 is in aws-cn; write arn:aws-cn:….",
        ),
        (
            "  shape",
            "  image: 683313688378.dkr.ecr.us-east-9.amazonaws.com/a:1\n  shape",
            "embedding.image is '683313688378.dkr.ecr.us-east-9.amazonaws.com/a:1', in 'us-east-9', a region that AWS",
        ),
        (
            "  shape",
            "  image: 683313688378.dkr.ecr.cn-north-1.amazonaws.com/a:1\n  shape",
            "embedding.image is '683313688378.dkr.ecr.cn-north-1.amazonaws.com/a:1', but hosts of cn-north-1 end with "
            "amazonaws.com.cn; write that",
        ),
    ],
)
def test_what_is_named_is_of_one_part_of_aws(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    assert refused(tmp_path, SANDBOX.replace(before, after, 1)).startswith(sentence)


def test_an_image_is_of_the_environments_region(tmp_path: Path) -> None:
    text = SANDBOX.replace("  shape", "  image: 683313688378.dkr.ecr.us-west-2.amazonaws.com/a:1\n  shape")
    said = refused(tmp_path, f"region: us-east-1\n{text}")
    assert said.startswith("embedding.image is an image in us-west-2, but region is 'us-east-1', and SageMaker pulls")


@pytest.mark.parametrize("region", ["us-east-1", "eusc-de-east-1", "us-gov-west-1", "mx-central-1"])
def test_a_region_that_has_it_all_is_taken(tmp_path: Path, region: str) -> None:
    (tmp_path / "other.yaml").write_text(f"region: {region}\n{SANDBOX}")
    assert load("other", tmp_path).region == region
