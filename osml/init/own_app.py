"""A small CDK app of one's own on the construct library, with the settings of a choice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osml.deploy.own_app import MANIFEST, SECRETS
from osml.failure import Failure
from osml.init.app_text import APP, IGNORED, KEY, README
from osml.init.offers import ANSWER, EMBEDDING, SEARCH, SIGN_IN, Offer, SetupQuestion
from settings.answer.sagemaker import SageMakerAnswer
from settings.bedrock_base import BedrockModel
from settings.embedding.sagemaker import SageMakerEmbedding
from settings.new_domain import NewDomain

if TYPE_CHECKING:
    from settings import Environment
    from settings.model_settings import ModelSettings

LIBRARY = "opensearch-ml-constructs"
# A collection has no models and pipelines.
ENGINE = SetupQuestion(
    SEARCH.group, SEARCH.sentence, tuple(offer for offer in SEARCH.offers if offer.name != "serverless")
)
QUESTIONS: tuple[SetupQuestion, ...] = (ENGINE, EMBEDDING, ANSWER)
NOBODY = SIGN_IN.offer("nobody")


class Code(str):
    """An expression in Python, which is written as it is, also if it is None."""


def require_new(folder: Path) -> None:
    """Raises Failure if the folder contains anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failure(f"{folder} already exists and is not empty. Choose another folder.")


def require_supported(given: Mapping[str, str | None]) -> None:
    """Raises Failure for an option whose choice the construct library cannot make in a small app."""
    if given["search"] == "serverless":
        raise Failure(
            "An app of your own has models and pipelines, and a collection has neither. Choose --search domain or "
            "--search production with --app."
        )
    if given["assistant"] not in (None, "nobody"):
        raise Failure("An app of your own has no API and no page. Leave out --sign-in with --app.")


def files(name: str, environment: Environment, chosen: Mapping[str, Offer]) -> dict[str, str]:
    """The text of each file of the app, by its name in the app's folder."""
    secrets = {secret.name: secret.key for secret in environment.secrets.values()}
    context = {"context": {SECRETS: secrets}} if secrets else {}
    offers = [f"- {chosen[question.group].sentence}" for question in QUESTIONS]
    return {
        "app.py": _app(f"{name}-search", environment),
        MANIFEST: json.dumps({"app": "python3 app.py", **context}, indent=2) + "\n",
        "requirements.txt": f"{LIBRARY}=={metadata.version('osml')}\n",
        "README.md": README.substitute(
            title=f"{name}-search",
            offers="\n".join(offers),
            keys="".join(KEY.substitute(name=secret, key=key) for secret, key in secrets.items()),
        ),
        ".gitignore": IGNORED,
    }


def _app(name: str, environment: Environment) -> str:
    search = environment.search
    assert isinstance(search, NewDomain)  # noqa: S101 - for the type checker; `require_supported` refuses others
    masters = search.dedicated_masters
    providers = {"Embedding": Code("embedding"), **({"Answer": Code("answer")} if environment.answer else {})}
    endpoints = [
        f"{id}_endpoint"
        for id, model in (("embedding", environment.embedding), ("answer", environment.answer))
        if isinstance(model, SageMakerEmbedding | SageMakerAnswer)
    ]
    return APP.substitute(
        name=written(name),
        removal=search.removal.upper(),
        version=written(search.engine_version),
        gibibytes=search.volume.size,
        volume=written(search.volume.type),
        zones=search.availability_zones,
        capacity=called(
            "opensearch.CapacityConfig",
            data_node_instance_type=search.data_nodes.instance_type,
            data_nodes=search.data_nodes.count,
            master_node_instance_type=masters.instance_type if masters else None,
            master_nodes=masters.count if masters else None,
            multi_az_with_standby_enabled=search.standby,
        ),
        models="\n".join(_models(environment)),
        providers=written(providers),
        endpoints="".join(f", {endpoint}" for endpoint in endpoints),
        dimension=environment.embedding.dimension,
        engine=written(search.vector_engine),
        replicas=environment.index.replicas,
    )


def _models(environment: Environment) -> list[str]:
    """The statements that create the keys, the endpoints and the providers."""
    embedding, answer = environment.embedding, environment.answer
    keys = {secret.name: secret for secret in environment.secrets.values()}
    names = {name: f"key_{number}" for number, name in enumerate(keys, 1)}
    lines = [
        f"{names[name]} = "
        + called("ml.ModelSecret.from_secret_name", Code("stack"), f"Key{number}", name, key=secret.key)
        for number, (name, secret) in enumerate(keys.items(), 1)
    ]
    if isinstance(embedding, SageMakerEmbedding):
        lines += _endpoint(
            "embedding",
            "ml.EmbeddingEndpoint",
            model=embedding.model,
            instance_type=embedding.instance_type,
            instances=embedding.instances,
            batch_size=environment.index.batch_size,
            image=Code(embedding.image),
            revision=embedding.commit,
        )
    if isinstance(answer, SageMakerAnswer):
        lines += _endpoint(
            "answer",
            "ml.AnswerEndpoint",
            model=answer.hub_model,
            container=answer.container,
            image=Code(answer.image),
            model_data=Code(answer.model_data),
            instance_type=answer.machine,
            gpus=answer.accelerators,
            instances=answer.instances,
            health_check_seconds=answer.load_seconds,
            scaling=Code(answer.scaling),
            revision=answer.commit,
        )
    for id, model, seconds in (
        ("embedding", embedding, environment.timeouts.embedding),
        ("answer", answer, environment.timeouts.answer),
    ):
        if model:
            key = names[model.key.name] if model.key else None
            lines.append(f"{id} = {_provider(id, model, environment, key, seconds)}")
    return lines


def _endpoint(id: str, made: str, **settings: Any) -> list[str]:
    variable = f"{id}_endpoint"
    endpoint = called(made, Code("stack"), id.title(), name=Code(f'f"{{NAME}}-{id}"'))
    return [f"{variable} = {endpoint}", called(f"{variable}.create", **settings)]


def _provider(id: str, model: ModelSettings, environment: Environment, key: str | None, seconds: int) -> str:
    behind: dict[str, Any] = {"secret": Code(key) if key else None}
    if isinstance(model, SageMakerEmbedding | SageMakerAnswer):
        behind["endpoint"] = Code(f"{id}_endpoint")
    if isinstance(model, BedrockModel):
        behind["model"] = Code(called("ml.BedrockAnswerModel", **model.invoked))
    return called(f"ml.{model.made_by}", **behind, **model.arguments(environment), read_seconds=seconds)


def called(function: str, *arguments: Any, **named: Any) -> str:
    """A call in Python. Arguments that are None are left out, because that is their default."""
    values = [written(value) for value in arguments]
    values += [f"{name}={written(value)}" for name, value in named.items() if value is not None]
    inner = "".join(f"    {line}\n" for value in values for line in f"{value},".splitlines())
    return f"{function}(\n{inner})"


def written(value: Any) -> str:
    """A value as it is written in Python."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{written(key)}: {written(held)}" for key, held in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + "".join(f"{written(held)}, " for held in value).rstrip() + ")"
    return repr(value)
