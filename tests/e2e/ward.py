"""A deployed environment that tests damage, and ways to damage and repair it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import boto3

from osml.remote.domain import Domain
from osml.remote.stack import knowledge
from sandbox import startup
from sandbox.instance import Instance
from sandbox.models.control import struck
from tests.e2e.administrator import administrator
from tests.e2e.templates import Deployment
from tests.model_states import deploy, undeploy


class Ward:
    """The damaged environment: its `deployment`, the `engine` as its administrator, and the control of its models."""

    def __init__(self, deployment: Deployment, engine: Any, instance: Instance) -> None:
        self.deployment = deployment
        self.engine = engine
        self.instance = instance
        self.known = knowledge(deployment.place)
        self.operator = Domain(self.known)
        self.secret = deployment.place.settings().secrets["answer"]
        index = next(iter(engine("GET", f"/{self.known.index}").values()))["settings"]["index"]
        pipeline = engine("GET", f"/_ingest/pipeline/{index['default_pipeline']}")[index["default_pipeline"]]
        (embeds,) = [
            processor["text_embedding"] for processor in pipeline["processors"] if "text_embedding" in processor
        ]
        self.embedding: str = embeds["model_id"]
        self.ingest: str = index["default_pipeline"]

    @property
    def answer(self) -> str:
        """The id of the answer model."""
        resources = boto3.client("cloudformation").list_stack_resources(StackName=self.stack)["StackResourceSummaries"]
        models = [
            resource["PhysicalResourceId"] for resource in resources if resource["ResourceType"] == "Custom::MlModel"
        ]
        return next(model for model in models if model != self.embedding)

    @property
    def stack(self) -> str:
        """The name of the stack of objects in the engine."""
        return f"osml-{self.deployment.name}-knowledge"

    def connector(self, model_id: str) -> str:
        """The id of the model's connector."""
        return str(self.engine("GET", f"/_plugins/_ml/models/{model_id}")["connector_id"])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within the block nothing repairs the environment: the rules that call the keeper are disabled."""
        client = boto3.client("events")
        rules = [rule["Name"] for rule in client.list_rules(NamePrefix=self.stack)["Rules"]]
        for name in rules:
            client.disable_rule(Name=name)
        try:
            yield
        finally:
            for name in rules:
                client.enable_rule(Name=name)

    def faults(self, provider: str, **faults: float) -> AbstractContextManager[None]:
        """Within the block the provider of models throttles, fails or is slow."""
        return struck(startup.settings(self.instance)["models_url"], provider, **faults)

    def by_hand(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request as an administrator through the front, which redirects a connector's URL to the models.

        The engine may have lost the mapping of an administrator, so each request makes a new one.
        """
        with administrator(self.engine, self.known) as domain:
            return domain.json(method, path, json=body)

    def undeploy(self, model_id: str) -> None:
        """Undeploy a model, as somebody does who wants to change its connector."""
        undeploy(self.engine, model_id)

    def deploy(self, model_id: str) -> None:
        """Deploy a model and wait until it is deployed."""
        deploy(self.engine, model_id)

    @contextmanager
    def edited(self, model_id: str, change: dict[str, Any], way: Callable[..., Any] | None = None) -> Iterator[None]:
        """Within the block the model's connector has the `change`."""
        path, document = f"/_plugins/_ml/connectors/{self.connector(model_id)}", self.document("connector", model_id)
        try:
            with self._undeployed():
                (way or self.engine)("PUT", path, change)
            yield
        finally:
            with self._undeployed():
                document()

    @contextmanager
    def _undeployed(self) -> Iterator[None]:
        """Within the block no model is deployed.

        On some starts of an engine, its ids have a part in common, and each deployed model counts as the user of every
        connector (`mlcommons.retired`).
        """
        models = (self.answer, self.embedding)
        for model_id in models:
            self.undeploy(model_id)
        try:
            yield
        finally:
            for model_id in models:
                self.deploy(model_id)

    def document(self, kind: str, model_id: str) -> Callable[[], Any]:
        """A function that restores the document of the model, or of its connector, as it is now."""
        found_id = model_id if kind == "model" else self.connector(model_id)
        path = f"/.plugins-ml-{kind}/_doc/{found_id}"
        source = self.engine("GET", path)["_source"]
        return lambda: self.engine("PUT", f"{path}?refresh=true", source)
