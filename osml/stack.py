"""What the deployed stacks of an environment say about themselves."""

from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure
from osml.place import Place


@dataclass(frozen=True)
class Knowledge:
    """Outputs of the stack `osml-<env>-knowledge`: all that asking and ingesting need."""

    endpoint: str
    region: str
    index: str
    search_pipeline: str
    embedding_model_id: str
    answer_model_id: str
    llm_model: str
    operator_role_arn: str
    text_field: str
    embedding_field: str


def knowledge(place: Place) -> Knowledge:
    """Reads the outputs; raises Failure when the stack does not exist or is not complete."""
    client = boto3.client("cloudformation", region_name=place.settings().region)
    found = outputs(place, "knowledge")
    try:
        return Knowledge(
            endpoint=found["DomainEndpoint"],
            region=client.meta.region_name,
            index=found["IndexName"],
            search_pipeline=found["SearchPipelineName"],
            embedding_model_id=found["EmbeddingModelId"],
            answer_model_id=found["AnswerModelId"],
            llm_model=found["LlmModel"],
            operator_role_arn=found["OperatorRoleArn"],
            text_field=found["TextField"],
            embedding_field=found["EmbeddingField"],
        )
    except KeyError as missing:
        raise Failure(
            f"The stack osml-{place.env}-knowledge has no output {missing}: "
            f"deploy it again with `osml deploy {place.options}`."
        ) from None


def outputs(place: Place, stack: str) -> dict[str, str]:
    """Outputs of `osml-<env>-<stack>` by name. Raises Failure when it is not deployed."""
    name = f"osml-{place.env}-{stack}"
    try:
        client = boto3.client("cloudformation", region_name=place.settings().region)
        answer = client.describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            raise Failure(f"The stack {name} is not deployed: run `osml deploy {place.options}` first.") from None
        raise Failure(f"Reading the stack {name} failed: {error}") from None
    except BotoCoreError as error:
        raise Failure(f"Reading the stack {name} failed: {error}") from None
    found = answer["Stacks"][0]
    return {entry["OutputKey"]: entry["OutputValue"] for entry in found.get("Outputs", [])}
