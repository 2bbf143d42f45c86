"""Every model exists and answers if it did before; a model without a known probe is deployed if it was before."""

from dataclasses import dataclass

from calls.count_of import count_of
from mlcommons import ProvisioningError
from mlcommons.prediction import predict
from osml.doctor.checks.context import Context
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared
from osml.status.inventory import MOST

DEPLOYED = ("DEPLOYED", "DEPLOYING", "PARTIALLY_DEPLOYED")


@dataclass(frozen=True)
class ModelReading:
    """A model; `answers` is None if it was not probed; `fault` is why it does not answer."""

    name: str
    state: str
    answers: bool | None
    fault: str = ""

    @property
    def is_well(self) -> bool:
        return self.state in DEPLOYED if self.answers is None else self.answers


def look(context: Context, _: RehearsalQuestions) -> dict[str, ModelReading]:
    """Models by id; those of the environment get their stack's probe."""
    probes = {model.id: model.probe for model in context.of_kind("Model") if model.probe and model.asked}
    body = {"query": {"match_all": {}}, "size": MOST, "_source": ["name", "model_state", "chunk_number"]}
    hits = context.domain.json("POST", "/_plugins/_ml/models/_search", json=body)["hits"]["hits"]
    models = {}
    for hit in hits:
        source, probe = hit["_source"], probes.get(hit["_id"])
        if "chunk_number" in source:  # one of the parts of a model that runs in the engine
            continue
        answers, fault = None, ""
        if probe is not None:
            try:
                predict(context.client, hit["_id"], probe)
                answers = True
            except ProvisioningError as error:
                answers, fault = False, error.reason
        models[hit["_id"]] = ModelReading(source["name"], source.get("model_state", "unknown"), answers, fault)
    return models


def compare(before: dict[str, ModelReading], after: dict[str, ModelReading]) -> Comparison:
    """Only a new fault is a fault of the upgrade."""
    faults = []
    for id, was in before.items():
        now = after.get(id)
        if now is None:
            faults.append(f"The model {was.name} ({id}) is gone.")
        elif was.is_well and not now.is_well:
            said = (
                f"does not answer: {now.fault}"
                if now.answers is False
                else f"is {now.state}; it was {was.state} before."
            )
            faults.append(f"The model {was.name} ({id}) {said}")
    probed = [model for model in after.values() if model.answers is not None]
    answering = sum(model.answers is True for model in probed)
    return compared(f"{count_of(len(after), 'model')}, answers from {answering} of {len(probed)} probed", faults)
