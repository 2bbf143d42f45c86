"""What the deployed stacks of an environment say about themselves."""

import os
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from assistant.settings import Retrieval
from osml.failure import Failure
from osml.place import Place

HANDED_ON = "OSML_OUTPUT_"


@dataclass(frozen=True)
class Login:
    """Where the name and the password for an engine of one's own are: a secret's ARN and two keys of its JSON."""

    secret_arn: str
    username_key: str
    password_key: str


@dataclass(frozen=True)
class Knowledge:
    """Outputs of the stack `osml-<env>-knowledge`: all that asking and ingesting need.

    `index` is an alias; `generation` is the index that it named when the stack was deployed, None for an older stack.
    """

    endpoint: str
    region: str
    index: str
    search_pipeline: str
    embedding_model_id: str
    answer_model_id: str | None
    llm_model: str | None
    operator_role_arn: str
    text_field: str
    embedding_field: str
    login: Login | None = None
    llm_response_field: str | None = None
    rag_seconds: int = 65
    client_seconds: int = 180
    generation: str | None = None
    retrieval: Retrieval = field(default_factory=Retrieval)


@dataclass(frozen=True)
class Assistant:
    """Outputs of the stack `osml-<env>-assistant`; what an environment does not have is None."""

    region: str
    ask_function: str
    documents_function: str
    page_url: str | None
    user_pool_id: str | None
    api_key_id: str | None


def assistant(place: Place) -> Assistant:
    """Reads the outputs; raises Failure when the stack does not exist or is not complete."""
    found = outputs(place, "assistant")
    try:
        return Assistant(
            region=_region(place),
            ask_function=found["AskFunctionName"],
            documents_function=found["DocumentsFunctionName"],
            page_url=found.get("PageUrl"),
            user_pool_id=found.get("UserPoolId"),
            api_key_id=found.get("ApiKeyId"),
        )
    except KeyError as missing:
        raise _incomplete(place, "assistant", missing) from None


@dataclass(frozen=True)
class Passages:
    """Outputs of the stack `osml-<env>-knowledge` of a serverless environment: an index, and who may use it."""

    index: str
    text_field: str
    operator_role_arn: str


def passages(place: Place) -> Passages:
    """Reads the outputs; raises Failure when the stack does not exist or is not complete."""
    found = outputs(place, "knowledge")
    try:
        return Passages(found["IndexName"], found["TextField"], found["OperatorRoleArn"])
    except KeyError as missing:
        raise _incomplete(place, "knowledge", missing) from None


def knowledge(place: Place) -> Knowledge:
    """Reads the outputs; raises Failure when the stack does not exist or is not complete."""
    found = outputs(place, "knowledge")
    try:
        return Knowledge(
            endpoint=found["DomainEndpoint"],
            region=_region(place),
            index=found["IndexName"],
            search_pipeline=found["SearchPipelineName"],
            embedding_model_id=found["EmbeddingModelId"],
            answer_model_id=found.get("AnswerModelId"),
            llm_model=found.get("LlmModel"),
            operator_role_arn=found["OperatorRoleArn"],
            text_field=found["TextField"],
            embedding_field=found["EmbeddingField"],
            login=_login(found),
            llm_response_field=found.get("LlmResponseField"),
            rag_seconds=int(found.get("RagSeconds", 65)),
            client_seconds=int(found.get("ClientSeconds", 180)),
            generation=found.get("IndexGeneration"),
            retrieval=Retrieval.model_validate_json(found.get("Retrieval", "{}")),
        )
    except KeyError as missing:
        raise _incomplete(place, "knowledge", missing) from None
    except ValueError:
        raise Failure(
            f"The outputs of the stack osml-{place.env}-knowledge are of another version of osml: "
            f"deploy it again with `osml deploy {place.options}`."
        ) from None


def _incomplete(place: Place, stack: str, missing: KeyError) -> Failure:
    return Failure(
        f"The stack osml-{place.env}-{stack} has no output {missing}: "
        f"deploy it again with `osml deploy {place.options}`."
    )


def _region(place: Place) -> str:
    region = place.settings().region or boto3.Session().region_name
    if region is None:
        raise Failure(f"No region was named: set AWS_DEFAULT_REGION, or region in environments/{place.env}.yaml.")
    return region


def _login(found: dict[str, str]) -> Login | None:
    if "LoginSecretArn" not in found:
        return None
    return Login(found["LoginSecretArn"], found["UsernameKey"], found["PasswordKey"])


def outputs(place: Place, stack: str) -> dict[str, str]:
    """Outputs of `osml-<env>-<stack>` by name. Raises Failure when it is not deployed.

    A step of the delivery pipeline may not read the stacks of another account: it is handed their outputs, each in a
    variable OSML_OUTPUT_<name>.
    """
    handed_on = {name: value for name, value in os.environ.items() if name.startswith(HANDED_ON)}
    if handed_on:
        return {name.removeprefix(HANDED_ON): value for name, value in handed_on.items()}
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
