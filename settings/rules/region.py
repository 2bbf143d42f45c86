"""Rules about regions: their services, and their partitions of AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from settings import Group
from settings.answer.sagemaker import SageMakerAnswer
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.recipe import FIRST
from settings.regions import LACKING, WITH_TEXTRACT, no_such_region, partition_of, with_service
from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment

_ARN = re.compile(r"arn:(?P<partition>[a-z-]+):[a-z0-9-]+:(?P<region>[a-z0-9-]*):")
_IMAGE = re.compile(r"[0-9]{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<suffix>[a-z.]+)/")


def regions_exist(environment: Environment) -> Iterator[str]:
    """Every region in the settings must exist."""
    for setting, text in _texts(environment):
        arn, image = _ARN.match(text), _IMAGE.match(text)
        named = arn["region"] if arn else image["region"] if image else None
        if setting.rpartition(".")[2] == "region" or ".regions." in f".{setting}.":
            named = text
        elif ".availability_zones." in setting:
            named = text[:-1]
        if named and partition_of(named) is None:
            what = f"is {text!r}" if named == text else f"is {text!r}, in {named!r}"
            yield f"{setting} {what}, {no_such_region(named)}"


def one_partition(environment: Environment) -> Iterator[str]:
    """ARNs, zones and images must be in the partition of AWS to which the environment is deployed."""
    texts = list(_texts(environment))
    arns = [match for _, text in texts if (match := _ARN.match(text))]
    vpc = environment.search.vpc
    here = environment.region or next((arn["region"] for arn in arns if arn["region"]), vpc.region if vpc else None)
    for setting, text in texts:
        arn, image = _ARN.match(text), _IMAGE.match(text)
        if arn:
            wanted = partition_of(arn["region"] or here or "")
            if wanted and arn["partition"] != wanted.name:
                yield (
                    f"{setting} is an ARN of the partition {arn['partition']}, but {arn['region'] or here} is in "
                    f"{wanted.name}; write arn:{wanted.name}:…"
                )
            elif wanted and here and wanted is not partition_of(here):
                yield (
                    f"{setting} is of {arn['region']}, but the rest of {here}, another partition of AWS; "
                    "make them agree"
                )
        elif image:
            of_image = partition_of(image["region"])
            if of_image and image["suffix"] != of_image.suffix:
                yield (
                    f"{setting} is {text!r}, but hosts of {image['region']} end with {of_image.suffix}; write that "
                    f"instead"
                )
            if environment.region is not None and image["region"] != environment.region:
                yield (
                    f"{setting} is an image in {image['region']}, but region is {environment.region!r}, and "
                    f"SageMaker pulls images only from its own region; set the image of that region"
                )


def models_are_in_one_partition(environment: Environment) -> Iterator[str]:
    """Models must be in the environment's partition, because a role cannot call anything in another one."""
    here = partition_of(environment.region or "")
    for setting, text in _texts(environment):
        there = partition_of(text) if setting.endswith(".region") else None
        if here and there and here is not there:
            yield (
                f"{setting} is {text!r}, in the partition {there.name}, but region is {environment.region!r}, and "
                f"roles of {here.name} cannot call anything outside it; set a region of {here.name}, or another model"
            )


def services_are_there(environment: Environment) -> Iterator[str]:
    """The region must have the services that the settings need; a message names a setting that avoids the service."""
    region, search = environment.region, environment.search
    if region is None:
        return
    answer, embedding, assistant = environment.answer, environment.embedding, environment.assistant
    makes_answer = isinstance(answer, SageMakerAnswer) and answer.creates_endpoint
    makes_embedding = isinstance(embedding, SageMakerEmbedding) and embedding.creates_endpoint
    wants = (
        (
            isinstance(search, Serverless),
            ("OpenSearch Serverless", "AWS::OpenSearchServerless::Collection"),
            f"search.kind to domain with another recipe, such as {FIRST}",
        ),
        (
            assistant is not None and assistant.sign_in == "cognito",
            ("Amazon Cognito", "AWS::Cognito::UserPool"),
            "assistant.sign_in to api-key",
        ),
        (
            makes_embedding,
            ("SageMaker endpoints", "AWS::SageMaker::Endpoint"),
            "embedding.endpoint to the name of one in another region and embedding.region to that region, or another "
            "embedding.provider",
        ),
        (
            makes_answer,
            ("SageMaker endpoints", "AWS::SageMaker::Endpoint"),
            "answer.endpoint to the name of one in another region and answer.region to that region, or another recipe",
        ),
        *(
            (
                model.scaling is not None,
                ("inference components of SageMaker", "AWS::SageMaker::InferenceComponent"),
                f"{setting}.instances instead of {setting}.scaling",
            )
            for setting, model in (("embedding", embedding), ("answer", answer))
            if isinstance(model, SageMakerEmbedding | SageMakerAnswer)
        ),
        (
            environment.ingestion is not None,
            ("OpenSearch Ingestion", "AWS::OSIS::Pipeline"),
            "drop instead of ingestion",
        ),
    )
    for wanted, (service, type), instead in wants:
        if wanted and region in LACKING[type]:
            others = with_service(type, region)
            here = f", or region to one that has it, such as {others}" if others else ""
            yield f"region is {region!r}, which has no {service}; set {instead}{here}"


def textract_is_there(environment: Environment) -> Iterator[str]:
    """The environment's region must have Textract if it reads scans."""
    region, scans = environment.region, environment.reading.scans
    if scans == "textract" and region is not None and region not in WITH_TEXTRACT:
        yield (
            f"reading.scans is 'textract', but region is {region!r}, which has no Amazon Textract; leave reading.scans "
            "out, and load scans by osml ingest, which recognises their text on its own machine"
        )


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each string in the settings, with the path of its setting."""
    if isinstance(value, str):
        yield path, value
        return
    inside = vars(value) if isinstance(value, Group) else value
    if isinstance(inside, dict | list):
        for key, inner in inside.items() if isinstance(inside, dict) else enumerate(inside):
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
