"""The engine's own agents: an agent and a search pipeline turn a question into a query; older lines refuse them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import App, Stack

from mlcommons.errors import InvalidSpec, Rejected
from opensearch_ml.providers.deepseek_chat import deepseek_chat
from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.resources.ml_agent import AgentTool
from settings.introduced_in import SINCE
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import KEY, Models
from tests.contract.callers import caller
from tests.contract.kinds_engine import KindsEngine
from tests.needs import needs

engine, engine_transport, models = kinds_engine.engine, kinds_engine.engine_transport, assistant_engine.models
provider = kinds_engine.provider

NOBODYS = "a sentence of a document that not everybody may read"
PUMPS: dict[str, dict[str, Any]] = {
    "old": {"series": "Korvel", "depth": 300, "made": "2014-05-01"},
    "shallow": {"series": "Korvel", "depth": 40, "made": "2022-05-01"},
    "deep": {"series": "Korvel", "depth": 310, "made": "2023-02-01"},
    "other": {"series": "Brixol", "depth": 320, "made": "2023-03-01"},
}
QUESTION = "Which pumps of the series Korvel have a depth of at least 100, made after 2020-01-31?"
AGENTIC = needs("agentic")


def planner(model: str) -> dict[str, Any]:
    """The tool that `query_planning` makes for a model of a stack."""
    return AgentTool("QueryPlanningTool", {"model_id": model}).body


def pipeline(agent: str) -> dict[str, Any]:
    """The body of a search pipeline with the agent."""
    return {
        "request_processors": [{"agentic_query_translator": {"agent_id": agent}}],
        "response_processors": [{"agentic_context": {"agent_steps_summary": True, "dsl_query": True}}],
    }


@dataclass(frozen=True)
class PumpIndex:
    """An index with pumps, and a pipeline with an agent whose model is the stand-in."""

    engine: KindsEngine
    models: Models
    agent: str

    @property
    def name(self) -> str:
        return f"{self.engine.stack}-pumps"

    @property
    def path(self) -> str:
        return f"/{self.name}/_search?search_pipeline={self.name}"

    def ask(self, question: str, **more: Any) -> Any:
        body = {"query": {"agentic": {"query_text": question}}, **more}
        return self.engine.client().post(f"/{self.name}/_search", body, search_pipeline=self.name)


@pytest.fixture
def pumps(engine: KindsEngine, models: Models) -> Iterator[PumpIndex]:
    model = _model(engine, models)
    spec = {"agent": {"name": f"{engine.stack} agent", "type": "flow", "tools": [planner(model)]}}
    made = PumpIndex(engine, models, engine.apply("Agent", spec, owner=engine.owner("Agent")).physical_id)
    asking = {"name": made.name, "pipeline": pipeline(made.agent)}
    engine.apply("SearchPipeline", asking, owner=engine.owner("Pipeline"))
    client, types = engine.client(), {"series": "keyword", "depth": "integer", "made": "date", "text": "text"}
    properties = {name: {"type": type} for name, type in types.items()}
    client.put(f"/{made.name}", {"mappings": {"properties": properties}})
    for id, pump in PUMPS.items():
        client.put(f"/{made.name}/_doc/{id}", {**pump, "text": f"A pump that lifts water. {NOBODYS}"}, refresh="true")
    yield made
    client.delete(f"/{made.name}")


def _model(engine: KindsEngine, models: Models) -> str:
    """The stand-in behind the construct library's connector, with the stand-in's key and address."""
    stack = Stack(App(), "Planner")
    made = deepseek_chat(ModelSecret(stack, "Key", name="key"), plans_queries=True)
    actions: Any = made.connector["actions"]
    headers = {"Content-Type": "application/json", "Authorization": "Bearer ${credential.key}"}
    action = {**actions[0], "url": models.chat_url, "headers": headers}
    connector = {**made.connector, "actions": [action], "credential": {"key": KEY}}
    connector |= {"name": f"{engine.stack} planner", "version": "1"}
    connector_id = engine.apply("Connector", {"connector": connector}, owner=engine.owner("Connector")).physical_id
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} planner"}, owner=engine.owner("Group")).physical_id
    spec = {"name": "planner", "model_group_id": group, "connector_id": connector_id, "probe": made.probe}
    return engine.apply("Model", spec, owner=engine.owner("Model")).physical_id


@AGENTIC
def test_a_question_with_conditions_finds_what_fulfils_them(pumps: PumpIndex) -> None:
    answer = pumps.ask(QUESTION)
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["deep"]
    query = json.loads(answer["ext"]["dsl_query"])
    assert {"range": {"depth": {"gte": 100}}} in query["query"]["bool"]["filter"]
    assert len(pumps.ask("Which pumps lift water?")["hits"]["hits"]) == len(PUMPS)


@AGENTIC
def test_the_model_gets_the_question_as_data_and_no_document(pumps: PumpIndex) -> None:
    question = 'Which "pumps" lift ${parameters.model} and ${parameters.system_prompt}, \\ and {"a": 1}?'
    pumps.ask(question)
    [_, message] = pumps.models.chat.bodies[-1]["messages"]
    first, mapping, *_ = message["content"].split("\n")
    assert first == f"Question: {question}"
    assert '"series"' in json.loads(mapping.removeprefix("Mapping: "))
    assert NOBODYS not in json.dumps(pumps.models.chat.bodies)


@AGENTIC
def test_while_the_model_fails_the_search_fails_with_its_reason(pumps: PumpIndex) -> None:
    pumps.models.server.control.set("deepseek", {"fail": 1})
    try:
        with pytest.raises(Rejected, match="Agentic search failed"):
            pumps.ask(QUESTION)
    finally:
        pumps.models.server.control.reset("deepseek")


@AGENTIC
def test_a_change_makes_another_agent_and_the_pipeline_follows(pumps: PumpIndex) -> None:
    engine, before = pumps.engine, pumps.agent
    tools = engine.read("Agent", before, engine.owner("Agent")).body["tools"]
    spec = {"agent": {"name": f"{engine.stack} renamed", "type": "flow", "tools": tools}}
    after = engine.apply("Agent", spec, before, owner=engine.owner("Agent")).physical_id
    moved = {"name": pumps.name, "pipeline": pipeline(after)}
    engine.apply("SearchPipeline", moved, pumps.name, owner=engine.owner("Pipeline"))
    assert engine.destroy("Agent", before, owner=engine.owner("Agent")).changed
    assert after != before
    assert [hit["_id"] for hit in pumps.ask(QUESTION)["hits"]["hits"]] == ["deep"]


ML = "cluster:admin/opensearch/ml"
ASKING = (f"{ML}/agents/get", f"{ML}/execute", f"{ML}/predict")


@AGENTIC
@pytest.mark.parametrize("missing", [None, *ASKING, "indices:admin/get", "indices:data/read/search*"])
def test_who_asks_the_engine_needs_these_permissions(pumps: PumpIndex, missing: str | None) -> None:
    on_index = [name for name in ("indices:admin/get", "indices:data/read/search*") if name != missing]
    cluster = [name for name in ASKING if name != missing]
    somebody = caller(pumps.engine, "asker", pumps.name, cluster=cluster, on_index=on_index)
    status, answer = somebody.send("POST", pumps.path, {"query": {"agentic": {"query_text": QUESTION}}})
    if missing is None:
        assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["deep"]
    else:
        assert (status >= 400, missing.rstrip("*") in json.dumps(answer)) == (True, True)


def test_a_tool_that_the_engine_lacks_is_refused_before_any_write(engine: KindsEngine) -> None:
    tool = "QueryPlanningTool" if engine.client().version < SINCE["agentic"] else "NoSuchTool"  # type: ignore[operator]
    spec = {"agent": {"name": "a", "type": "flow", "tools": [{"type": "MLModelTool"}, {"type": tool}]}}
    recorder = engine.recorder()
    with pytest.raises(InvalidSpec, match=f"Registering the Agent a: this engine has no tool {tool}. It has .*MLModel"):
        engine.apply("Agent", spec, transport=recorder)
    assert recorder.writes == []


@pytest.mark.skipif(needs("agentic").args == (False,), reason="the line has it")
def test_a_pipeline_that_the_engine_lacks_is_refused_in_its_words(engine: KindsEngine) -> None:
    spec = {"name": f"{engine.stack}-agentic", "pipeline": pipeline("aaaaaaaaaaaaaaaaaaaa")}
    with pytest.raises(Rejected, match="Invalid processor type agentic_query_translator"):
        engine.apply("SearchPipeline", spec)
