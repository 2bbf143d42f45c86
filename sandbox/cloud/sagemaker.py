"""SageMaker's models, endpoint configurations, endpoints and inference components, as CloudFormation makes them.

MiniStack 1.5.33 lacks these types. The model server answers for the endpoints. This module knows only which resources
exist, their names, and the model that each container runs.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services.cloudformation import provisioners

from sandbox.cloud import roles
from sandbox.cloud.component_copies import ComponentCopies
from sandbox.cloud.template import Properties, generated_name

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
KINDS = ("model", "endpoint-config", "endpoint", "inference-component")
REPLACED = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and update."


@dataclass(frozen=True)
class Record:
    """The properties from the template, and the times at which the resource was created and last changed."""

    props: Properties
    created: datetime
    modified: datetime


class Registry:
    """The resources of every account and region, by kind and name.

    `existing` are endpoints that no stack has made: `{name: {"model": …, "shape": "array" | "inputs"}}`.
    """

    def __init__(self, existing: Mapping[str, Mapping[str, str]]) -> None:
        self._existing = {name: dict(endpoint) for name, endpoint in existing.items()}
        self._kept = {kind: AccountRegionScopedDict() for kind in KINDS}
        self._times = {kind: AccountRegionScopedDict() for kind in KINDS}
        self._started = datetime.now(UTC)
        self.copies = ComponentCopies()

    def records(self, kind: str) -> dict[str, Record]:
        """All resources of a kind in the request's account and region, by name, with those of existing endpoints."""
        standing = {
            name: Record(parts[kind], self._started, self._started)
            for name, endpoint in self._existing.items()
            if kind in (parts := _parts(name, endpoint["model"]))
        }
        return standing | {name: Record(props, *self._times[kind][name]) for name, props in self._kept[kind].items()}

    @property
    def components(self) -> Any:
        """The inference components by name."""
        return self._kept["inference-component"]

    def install(self) -> None:
        """Registers the four resource types with MiniStack's CloudFormation; once per process."""
        for suffix, kind, check, in_place in (
            ("Model", "model", self._check_model, ()),
            ("EndpointConfig", "endpoint-config", self._check_configuration, ()),
            ("Endpoint", "endpoint", self._check_endpoint, ("EndpointConfigName", "DeploymentConfig")),
            ("InferenceComponent", "inference-component", self._check_component, ("RuntimeConfig", "Specification")),
        ):
            provisioners._RESOURCE_HANDLERS[f"AWS::SageMaker::{suffix}"] = self._handlers(
                kind, f"{suffix}Name", check, ("Tags", *in_place)
            )

    def endpoint(self, name: str, region: str, account: str) -> Mapping[str, str] | None:
        """The model and the shape of the endpoint's container, or None if there is no such endpoint.

        If the endpoint's model is an inference component, the result also has `component`, its name, and `copies`, the
        number of copies that answer. A call of such an endpoint must name the component.
        """
        props = self._kept["endpoint"].get_scoped(account, region, name)
        if props is None:
            return self._existing.get(name)
        configuration = self._kept["endpoint-config"].get_scoped(account, region, props["EndpointConfigName"])
        variant = configuration["ProductionVariants"][0] if configuration else {}
        component = next((c for c in self.components.values() if c["EndpointName"] == name), None)
        if "ModelName" not in variant and component is not None:
            model = self._kept["model"].get_scoped(account, region, component["Specification"].get("ModelName"))
            if not model:
                return None
            name = component["InferenceComponentName"]
            return {**container(model), "component": name, "copies": str(self.copies.current(name))}
        model = self._kept["model"].get_scoped(account, region, variant.get("ModelName"))
        return container(model) if model else None

    def _handlers(
        self, kind: str, name_property: str, check: Callable[[Properties], None], in_place: tuple[str, ...]
    ) -> dict[str, Any]:
        kept, times = self._kept[kind], self._times[kind]

        def made(name: str, props: Properties) -> tuple[str, Properties]:
            check(props)
            now = datetime.now(UTC)
            if kind == "inference-component":
                count = int((props.get("RuntimeConfig") or {}).get("CopyCount", 1))
                before = kept.get(name, {}).get("RuntimeConfig") or {}
                if name not in kept or count != int(before.get("CopyCount", 1)):
                    self.copies.make(name, count)
            times[name] = (times[name][0] if name in kept else now, now)
            kept[name] = props
            arn = f"arn:aws:sagemaker:{get_region()}:{get_account_id()}:{kind}/{name.lower()}"
            return arn, {name_property: name, "Id": arn, "Arn": arn}

        def create(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
            name = props.get(name_property) or generated_name(stack_name, logical_id, 63)
            if not NAME.fullmatch(name):
                raise ValueError(f"{name_property} {name!r} is not a name: letters, digits and hyphens, at most 63.")
            if _named(kept, name) or (kind == "endpoint" and name in self._existing):
                raise ValueError(f"Cannot create already existing {kind} {name!r}.")
            return made(name, props)

        def update(
            physical_id: str, old_props: Properties, new_props: Properties, stack_name: str, logical_id: str
        ) -> tuple[str, Properties]:
            changed = {key for key in old_props | new_props if old_props.get(key) != new_props.get(key)}
            if changed <= set(in_place):
                return made(_named(kept, physical_id.rsplit("/", 1)[-1]) or logical_id, new_props)
            if new_props.get(name_property) and name_property not in changed:
                raise ValueError(REPLACED.format(new_props[name_property]))
            return create(logical_id, new_props, stack_name)

        def delete(physical_id: str, _props: Properties) -> None:
            name = _named(kept, physical_id.rsplit("/", 1)[-1])
            if name:
                del kept[name]
                if kind == "inference-component":
                    self.copies.remove(name)

        return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}

    def _check_model(self, props: Properties) -> None:
        if not _containers(props):
            raise ValueError("A SageMaker model needs PrimaryContainer or Containers.")
        role_arn = str(props.get("ExecutionRoleArn", ""))
        role = roles.find(role_arn)
        # SageMaker accepts only roles of the model's own account.
        comes_for = {"aws:SourceAccount": roles.account(role_arn)} if role else {}
        if role is None or not roles.trusts(role, "sagemaker.amazonaws.com", comes_for):
            raise ValueError(
                f"Could not assume role {role_arn}. Ensure that it exists and that its trust policy allows "
                "sagemaker.amazonaws.com to assume it."
            )

    def _check_configuration(self, props: Properties) -> None:
        variants = props.get("ProductionVariants") or []
        if not variants:
            raise ValueError("A SageMaker endpoint configuration needs ProductionVariants.")
        for variant in variants:
            name = variant.get("ModelName")
            if name is None and props.get("ExecutionRoleArn"):
                continue
            if name not in self._kept["model"]:
                raise ValueError(f"Could not find model {name!r}; ModelName takes a model's name, not its ARN.")

    def _check_endpoint(self, props: Properties) -> None:
        name = props.get("EndpointConfigName")
        if name not in self._kept["endpoint-config"]:
            raise ValueError(
                f"Could not find endpoint configuration {name!r}; EndpointConfigName takes its name, not its ARN."
            )

    def _check_component(self, props: Properties) -> None:
        endpoint = self._kept["endpoint"].get(props.get("EndpointName"))
        if endpoint is None:
            raise ValueError(f"Could not find endpoint {props.get('EndpointName')!r}.")
        variants = self._kept["endpoint-config"][endpoint["EndpointConfigName"]]["ProductionVariants"]
        if any(variant.get("ModelName") for variant in variants):
            raise ValueError("Inference Components are not supported on an endpoint whose variants have a ModelName.")
        if props.get("Specification", {}).get("ModelName") not in self._kept["model"]:
            raise ValueError(f"Could not find model {props.get('Specification', {}).get('ModelName')!r}.")


def container(model: Properties) -> dict[str, str]:
    """`{"model": …, "shape": …}` for a model's first container.

    `model` is HF_MODEL_ID, or without it the image. `shape` is the form of requests and answers:

    - `inputs` for Hugging Face's text-embeddings-inference image, which accepts `{"inputs": […]}`
    - `lmi` for the djl-inference image, which answers with an object
    - `array` for any other image: a JSON array of strings
    """
    first = _containers(model)[0]
    image = str(first.get("Image", ""))
    environment = first.get("Environment") or {}
    words = re.split(r"[^a-z]+", image.lower().split("/", 1)[-1])
    shape = "inputs" if "tei" in words else "lmi" if "djl" in words else "array"
    return {"model": str(environment.get("HF_MODEL_ID") or image), "shape": shape}


def _parts(name: str, model: str) -> dict[str, Properties]:
    """An existing endpoint with its configuration and its model, which have the same name."""
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1}
    return {
        "model": {"PrimaryContainer": {"Environment": {"HF_MODEL_ID": model}}},
        "endpoint-config": {"ProductionVariants": [variant]},
        "endpoint": {"EndpointConfigName": name},
    }


def _containers(model: Properties) -> list[Properties]:
    if model.get("PrimaryContainer"):
        return [model["PrimaryContainer"]]
    return list(model.get("Containers") or [])


def _named(kept: Any, name: str) -> str | None:
    """The name as it was registered: an ARN contains it in lower case. None for an unknown name."""
    return next((known for known in kept if known.lower() == name.lower()), None)
