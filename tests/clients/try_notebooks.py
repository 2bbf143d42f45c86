"""The calls of the notebooks for DeepSeek on SageMaker: boto3 with the API of 2015, and signed requests.

The notebooks make a role for the model, a role that makes connectors and is mapped to `ml_full_access`, connectors,
models and pipelines, and ask a question that is answered from passages.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import requests
from requests_aws4auth import AWS4Auth

from tests.clients.owned import PASSWORD, USER
from tests.clients.target import TEXTS, Target
from tests.model_states import deploy

pytestmark = pytest.mark.kind("domain")
EMBEDS, ANSWERS = "all-minilm-l6-v2", "deepseek-r1"
MAPPING = "/_plugins/_security/api/rolesmapping/ml_full_access"
Call = Callable[..., Any]
EMBEDDING = {
    "request_body": "${parameters.input}",
    "pre_process_function": "connector.pre_process.default.embedding",
    "post_process_function": "connector.post_process.default.embedding",
}
ANSWERING = {
    "request_body": '{"inputs": "${parameters.inputs}", "parameters": {"max_new_tokens": 512}}',
    "post_process_function": (
        "def text = params.result[0].generated_text;"
        'return \'{"name": "response", "dataAsMap": {"completion": "\' + escape(text) + \'"}}\';'
    ),
}


@pytest.fixture(scope="module")
def admin(target: Target) -> boto3.Session:
    return boto3.Session(*target.admin)


@pytest.fixture(scope="module")
def described(admin: boto3.Session, own_domain: dict[str, Any]) -> dict[str, Any]:
    """The domain, as the API of 2015 describes it."""
    es, name = admin.client("es"), own_domain["DomainName"]
    assert name in [listed["DomainName"] for listed in es.list_domain_names(EngineType="OpenSearch")["DomainNames"]]
    domain_status: dict[str, Any] = es.describe_elasticsearch_domain(DomainName=name)["DomainStatus"]
    return domain_status


@pytest.fixture(scope="module")
def master(described: dict[str, Any]) -> Call:
    """Sends requests as the master user, who has a name and a password."""
    return _calling(described["Endpoint"], (USER, PASSWORD))


@pytest.fixture(scope="module")
def maker(admin: boto3.Session, described: dict[str, Any], master: Call) -> Iterator[Call]:
    """Sends requests as a role that may make connectors with the role of the models."""
    iam, name = admin.client("iam"), described["DomainName"]
    endpoints = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/*"
    invoked = _role(iam, f"{name}-invokes", {"Service": "es.amazonaws.com"}, {"sagemaker:InvokeEndpoint": endpoints})
    allowed = {"iam:PassRole": invoked, "es:ESHttpPost": described["ARN"]}
    making = _role(iam, f"{name}-makes", {"AWS": admin.client("sts").get_caller_identity()["Arn"]}, allowed)
    mapped = master("GET", MAPPING)
    if "ml_full_access" in mapped:
        master("PATCH", MAPPING, [{"op": "add", "path": "/backend_roles/-", "value": making}])
    else:
        master("PUT", MAPPING, {"backend_roles": [making]})
    keys = admin.client("sts").assume_role(RoleArn=making, RoleSessionName="notebook")["Credentials"]
    secrets = keys["AccessKeyId"], keys["SecretAccessKey"]
    yield _calling(
        described["Endpoint"], AWS4Auth(*secrets, "us-east-1", "es", session_token=keys["SessionToken"]), invoked
    )
    for role in (f"{name}-invokes", f"{name}-makes"):
        iam.delete_role_policy(RoleName=role, PolicyName="own")
        iam.delete_role(RoleName=role)


def _role(iam: Any, name: str, principal: dict[str, str], allowed: dict[str, str]) -> str:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    may = [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in allowed.items()]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_policy(*may))
    return arn


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _calling(endpoint: str, auth: Any, invoked: str = "") -> Call:
    def call(method: str, path: str, body: Any = None, **more: Any) -> Any:
        if path.endswith("connectors/_create"):
            body = {**body, "credential": {"roleArn": invoked}}
        answer = requests.request(method, f"https://{endpoint}{path}", json=body, auth=auth, timeout=60, **more)
        assert answer.ok or answer.status_code == 404, answer.text
        return answer.json()

    return call


def _deployed(maker: Call, master: Call, endpoint: str, action: dict[str, str]) -> str:
    """Make a model behind a connector to a SageMaker endpoint."""
    url = f"https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/{endpoint}/invocations"
    predicts = {"action_type": "predict", "method": "POST", "url": url, "headers": {"content-type": "application/json"}}
    connector = {
        "name": endpoint,
        "description": "A model of somebody else",
        "version": "1.0",
        "protocol": "aws_sigv4",
        "parameters": {"service_name": "sagemaker", "region": "us-east-1"},
        "actions": [{**predicts, **action}],
    }
    made = maker("POST", "/_plugins/_ml/connectors/_create", connector)["connector_id"]
    group = master("POST", "/_plugins/_ml/model_groups/_register", {"name": endpoint})["model_group_id"]
    model = {"name": endpoint, "function_name": "remote", "model_group_id": group, "connector_id": made}
    model_id: str = master("POST", "/_plugins/_ml/models/_register", model)["model_id"]
    deploy(master, model_id)
    return model_id


def test_a_question_is_answered_from_passages(maker: Call, master: Call) -> None:
    embedding = _deployed(maker, master, EMBEDS, EMBEDDING)
    answering = _deployed(maker, master, ANSWERS, ANSWERING)
    embeds = {"text_embedding": {"model_id": embedding, "field_map": {"text": "embedding"}}}
    master("PUT", "/_ingest/pipeline/passages", {"processors": [embeds]})
    vectors = {"type": "knn_vector", "dimension": 384, "space_type": "l2"}
    fields = {"text": {"type": "text"}, "embedding": {**vectors, "method": {"name": "hnsw", "engine": "lucene"}}}
    settings = {"index.knn": True, "default_pipeline": "passages"}
    master("PUT", "/passages", {"settings": settings, "mappings": {"properties": fields}})
    for number, text in enumerate(TEXTS):
        master("PUT", f"/passages/_doc/{number}?refresh=true", {"text": text})
    answers = {"model_id": answering, "context_field_list": ["text"], "system_prompt": "You are a helpful assistant."}
    pipeline = {"response_processors": [{"retrieval_augmented_generation": answers}]}
    master("PUT", "/_search/pipeline/answers", pipeline)
    question = "When is the library closed?"
    query = {
        "query": {"neural": {"embedding": {"query_text": question, "model_id": embedding, "k": 2}}},
        "size": 2,
        "_source": ["text"],
        "ext": {"generative_qa_parameters": {"llm_model": "bedrock/claude", "llm_question": question, "timeout": 60}},
    }
    answered = master("GET", "/passages/_search?search_pipeline=answers", query)
    assert answered["hits"]["hits"][0]["_source"]["text"] == TEXTS[2]
    assert "Mondays" in answered["ext"]["retrieval_augmented_generation"]["answer"]


def test_the_domain_is_nobody_elses(target: Target, master: Call) -> None:
    """The domain exists in addition to the environment's, and has none of its indexes, pipelines and roles."""
    assert target.name.startswith("osml-")
    assert not [index for index in master("GET", "/_cat/indices?format=json") if "passages-" in index["index"]]
    assert not [role for role in master("GET", "/_plugins/_security/api/roles") if role.startswith("osml-")]
