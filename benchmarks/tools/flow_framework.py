"""flow-framework: provisions the whole set inside the cluster, from one workflow template; it probes no model."""

from typing import Any

from benchmarks.engine import LINE, BenchmarkEngine
from benchmarks.reference_set import ReferenceSet
from benchmarks.tools.tool import Unable

PATH = "/_plugins/_flow_framework/workflow"
UNCHANGED = "does not contain any modifications"


class FlowFramework:
    """A tool with one workflow for each set."""

    def __init__(self, engine: BenchmarkEngine) -> None:
        self.name = "flow-framework"
        self.requests = 0
        self._engine, self._session = engine, engine.session()
        self._made: dict[str, str] = {}

    def create(self, wanted: ReferenceSet) -> None:
        status, answer = self._send("POST", "?provision=true&wait_for_completion_timeout=60s", _template(wanted))
        if status >= 400 or answer.get("state") != "COMPLETED":
            raise Unable(f"Provisioning {wanted.name} was answered with {status}: {answer}")
        self._made[wanted.name] = answer["workflow_id"]

    def again(self, wanted: ReferenceSet) -> None:
        status, answer = self._reprovision(wanted, wanted)
        if status != 400 or UNCHANGED not in str(answer):
            raise Unable(f"Provisioning {wanted.name} again was answered with {status}: {answer}")

    def change(self, wanted: ReferenceSet) -> None:
        status, answer = self._reprovision(wanted, wanted.changed())
        if status >= 400:
            raise Unable(f"Changing a connector of {wanted.name} was answered with {status}: {answer}")

    def remove(self, wanted: ReferenceSet) -> None:
        workflow = self._made.pop(wanted.name)
        for method, rest in (
            ("POST", f"/{workflow}/_deprovision?allow_delete={wanted.name}"),
            ("DELETE", f"/{workflow}?clear_status=true"),
        ):
            status, answer = self._send(method, rest)
            if status >= 400:
                raise Unable(f"Removing {wanted.name} was answered with {status}: {answer}")

    def _reprovision(self, wanted: ReferenceSet, then: ReferenceSet) -> tuple[int, Any]:
        options = "?reprovision=true&wait_for_completion_timeout=60s"
        return self._send("PUT", f"/{self._made[wanted.name]}{options}", _template(then))

    def _send(self, method: str, rest: str, body: Any = None) -> tuple[int, Any]:
        self.requests += 1
        url, ca = self._engine.url + PATH + rest, self._engine.ca
        response = self._session.request(method, url, json=body, timeout=90, verify=ca)
        return response.status_code, response.json()


def _template(wanted: ReferenceSet) -> dict[str, Any]:
    embedding, answer = "${{embedding_model.model_id}}", "${{answer_model.model_id}}"
    index, name = wanted.index(), wanted.name
    nodes = [
        _node("embedding_connector", "create_connector", _connector(wanted.embedding_connector())),
        _node("answer_connector", "create_connector", _connector(wanted.answer_connector())),
        _node("group", "register_model_group", {"name": name}),
        *(_model(wanted, role) for role in ("embedding", "answer")),
        _node(
            "ingest",
            "create_ingest_pipeline",
            {"pipeline_id": name, "configurations": wanted.ingest_pipeline(embedding)},
            embedding_model="model_id",
        ),
        _node(
            "search",
            "create_search_pipeline",
            {"pipeline_id": name, "configurations": wanted.search_pipeline(embedding, answer)},
            embedding_model="model_id",
            answer_model="model_id",
        ),
        _node("index", "create_index", {"index_name": name, "configurations": index}, ingest="pipeline_id"),
    ]
    # Two simultaneous registrations in one group are refused (409, ml-commons 3.4).
    edges = [{"source": "embedding_model", "dest": "answer_model"}]
    return {
        "name": name,
        "description": "Measured",
        "use_case": "CUSTOM",
        "version": {"template": "1.0.0", "compatibility": [LINE.version]},
        "workflows": {"provision": {"nodes": nodes, "edges": edges}},
    }


def _model(wanted: ReferenceSet, role: str) -> dict[str, Any]:
    names = {"name": f"{wanted.name}-{role}", "function_name": "remote", "description": "Measured", "deploy": True}
    above = {f"{role}_connector": "connector_id", "group": "model_group_id"}
    return _node(f"{role}_model", "register_remote_model", names, **above)


def _connector(body: dict[str, Any]) -> dict[str, Any]:
    """The connector's body without `client_config`, which the step does not accept (3.4)."""
    return {key: value for key, value in body.items() if key != "client_config"}


def _node(id: str, step: str, given: dict[str, Any], **above: str) -> dict[str, Any]:
    return {"id": id, "type": step, "previous_node_inputs": above, "user_inputs": given}
