"""The assistant's stack: the permissions of each function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.assistant_needs import NEEDS
from tests.synth import assistant_templates
from tests.synth.assistant_templates import DOMAIN, LOG, PLACE, UPLOADS, Flat, OfType, Other, Template

domain = assistant_templates.domain
collection = assistant_templates.collection
other = assistant_templates.other
settings_of = assistant_templates.settings_of
allowed = assistant_templates.allowed

# The paths of a function that lets the index's model compare texts.
PIPELINE = "passages-????????/_settings/index.search.default_pipeline", "_search/pipeline/passages-search-*"
PREDICT = "_plugins/_ml/_predict/text_embedding/*"


def test_on_a_domain_a_function_reaches_its_own_paths(domain: Template, allowed: Any, of_type: OfType) -> None:
    kept = f"{DOMAIN}/passages-conversations/_doc/*"
    log, ask = LOG, allowed(domain, "AskPolicy")
    assert set(ask) - log == {"es:ESHttpGet", "es:ESHttpPost", "secretsmanager:GetSecretValue"}
    assert sorted(ask["es:ESHttpGet"]) == sorted(
        [kept, *(f"{DOMAIN}/{path}" for path in ("passages/_alias", *PIPELINE))]
    )
    searches = [f"{DOMAIN}/{index}/_search" for index in ("passages-????????", "passages")]
    assert sorted(ask["es:ESHttpPost"]) == sorted([*searches, kept, f"{DOMAIN}/{PREDICT}"])
    documents = allowed(domain, "DocumentsPolicy")
    assert set(documents) - log == {"es:ESHttpGet", "es:ESHttpPost", "es:ESHttpDelete", *UPLOADS}
    assert documents["es:ESHttpGet"] == documents["es:ESHttpDelete"] == kept
    uploads = "<UploadsBucketC4B27CC7.Arn>"
    assert documents["s3:ListBucket"] == uploads
    assert documents["s3:PutObject"] == [f"{uploads}/{folder}/*" for folder in ("begin", "jobs", "uploads")]
    among = f"{DOMAIN}/passages-conversations/_search"
    paths = ("_bulk", "passages/_refresh", "passages/_search")
    assert sorted(documents["es:ESHttpPost"]) == sorted([*(f"{DOMAIN}/{path}" for path in paths), kept, among])
    assert set(allowed(domain, "SessionPolicy")) == log


@pytest.mark.parametrize("keep", ["ratings", "texts"])
def test_feedback_is_kept_by_documents_and_texts_also_by_ask(
    other: Other, allowed: Any, settings_of: Any, keep: str
) -> None:
    settings = {"feedback": {"keep": keep, "days": 90}, "agents": {"callbacks": ["http://localhost:3334/callback"]}}
    made = other("sandbox", assistant=settings)
    own = f"{DOMAIN.replace('osml-sandbox', 'osml-other')}/passages-feedback"
    ask, documents = allowed(made, "AskPolicy"), allowed(made, "DocumentsPolicy")
    assert {f"{own}/_doc/*", f"{own}/_search"} <= set(documents["es:ESHttpPost"])
    assert f"{own}/_doc/*" in documents["es:ESHttpDelete"]
    for asked_in in (ask, allowed(made, "ToolsPolicy")):
        assert (f"{own}/_doc/*" in asked_in["es:ESHttpPost"]) == (keep == "texts")
    assert f"{own}/_search" not in ask["es:ESHttpPost"]
    assert settings_of(made, "Ask")["feedback"] == {
        "keep": keep,
        "days": 90,
        "kind": "index",
        "name": "passages-feedback",
    }
    table = other("sandbox-aoss", assistant=settings)
    kept = {action for action in allowed(table, "DocumentsPolicy") if action.startswith("dynamodb:")}
    assert kept == {f"dynamodb:{verb}" for verb in ("GetItem", "UpdateItem", "DeleteItem", "Query", "PutItem")}
    assert ("dynamodb:PutItem" in allowed(table, "AskPolicy")) == (keep == "texts")


def test_uploads_are_worked_on_by_the_function_documents(domain: Template, of_type: OfType, flat: Flat) -> None:
    (source,) = flat(of_type(domain, "AWS::Lambda::EventSourceMapping")).values()
    mapping = source["Properties"]
    assert mapping["FunctionName"] == "<DocumentsFunction8356188C>"
    assert (mapping["BatchSize"], mapping["ScalingConfig"]) == (1, {"MaximumConcurrency": 2})
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    function = flat(domain["Resources"]["DocumentsFunction8356188C"]["Properties"])
    queues = {name: resource["Properties"] for name, resource in of_type(domain, "AWS::SQS::Queue").items()}
    ((name, queue),) = [(name, queue) for name, queue in queues.items() if "RedrivePolicy" in queue]
    assert queue["VisibilityTimeout"] == 2 * function["Timeout"] == 600
    variables = function["Environment"]["Variables"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == int(variables["ATTEMPTS"]) == 5
    assert variables["QUEUE_URL"] == f"<{name}>"
    (rule,) = domain["Resources"]["UploadsBucketC4B27CC7"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (14, "Enabled")


def test_originals_are_kept_and_signed_by_documents_alone_and_end(
    other: Other, allowed: Any, settings_of: Any, of_type: OfType, flat: Flat
) -> None:
    made = other("sandbox", assistant={"originals": {"days": 90}})
    ((name, bucket),) = [
        (name, bucket["Properties"])
        for name, bucket in of_type(made, "AWS::S3::Bucket").items()
        if name.startswith("OriginalsBucket") and bucket["Type"] == "AWS::S3::Bucket"
    ]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (90, "Enabled")
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    documents, objects = allowed(made, "DocumentsPolicy"), f"<{name}.Arn>/*"
    assert documents["s3:DeleteObject"] == objects
    for action in ("s3:GetObject", "s3:PutObject"):
        assert objects in documents[action]
    assert f"<{name}.Arn>" in documents["s3:ListBucket"]
    for function in ("AskPolicy", "SessionPolicy"):
        assert not [action for action in allowed(made, function) if action.startswith("s3:")]
    assert settings_of(made, "Documents")["originals"] == f"<{name}>"


@pytest.mark.parametrize(
    "retrieval", [{}, {"earlier_questions": 0, "highlight": {"by": "meaning"}}], ids=["follow-ups", "marks by meaning"]
)
def test_a_search_that_compares_texts_may_reach_the_model(
    other: Other, allowed: Any, of_type: OfType, flat: Flat, retrieval: dict[str, Any]
) -> None:
    made, plain = (other("sandbox", retrieval=chosen) for chosen in (retrieval, {"earlier_questions": 0}))
    own = DOMAIN.replace("osml-sandbox", "osml-other")

    def added(part: str, action: str) -> set[str]:
        def paths(template: Template) -> set[str]:
            resources = allowed(template, part).get(action, [])
            return {resources} if isinstance(resources, str) else set(resources)

        return paths(made) - paths(plain)

    assert added("AskPolicy", "es:ESHttpGet") == {f"{own}/{path}" for path in PIPELINE}
    assert added("AskPolicy", "es:ESHttpPost") == {f"{own}/{PREDICT}"}
    assert added("DocumentsPolicy", "es:ESHttpGet") | added("DocumentsPolicy", "es:ESHttpPost") == set()
    specs = [json.loads(flat(resource["Properties"]["Spec"])) for resource in of_type(made, "Custom::MlRole").values()]
    (ask,) = [spec for spec in specs if spec.get("name") == "osml-other-ask"]
    assert set(ask["cluster_permissions"]) - set(NEEDS["ask"].cluster) == {"cluster:admin/search/pipeline/get"}


def test_on_a_domain_a_function_has_a_role_of_its_own(domain: Template, flat: Flat, of_type: OfType) -> None:
    roles = {
        spec["name"]: spec
        for resource in of_type(domain, "Custom::MlRole").values()
        if resource["Type"] == "Custom::MlRole" and (spec := json.loads(flat(resource["Properties"]["Spec"])))
    }
    assert set(roles) == {"osml-sandbox-ask", "osml-sandbox-documents"}
    for part in ("ask", "documents"):
        need, role = NEEDS[part], roles[f"osml-sandbox-{part}"]
        need = need.with_vectors() if part == "ask" else need
        assert role["cluster_permissions"] == list(need.cluster)
        patterns = ["passages", "passages-????????"]
        kept = {"index_patterns": ["passages-conversations"], "allowed_actions": list(need.conversations)}
        own = {"index_patterns": patterns, "allowed_actions": list(need.index)}
        assert role["index_permissions"] == [own, kept]
    mappings = of_type(domain, "Custom::MlRoleMapping").values()
    mapped = {
        spec["role"]: spec["backend_roles"]
        for mapping in mappings
        if (spec := json.loads(flat(mapping["Properties"]["Spec"])))
    }
    assert mapped == {
        "osml-sandbox-ask": ["<AskRole76FE4A60.Arn>"],
        "osml-sandbox-documents": ["<DocumentsRole86E5D883.Arn>"],
    }
    assert all(mapping["DependsOn"] for mapping in mappings)


def test_on_a_collection_a_function_may_call_its_models_too(
    collection: Template, allowed: Any, of_type: OfType
) -> None:
    log = {"logs:CreateLogStream", "logs:PutLogEvents"}
    arn = "<import ExportsOutputFnGetAttSearchCollectionE9B440CCArn6C0BACCE>"
    endpoint = f"arn:<AWS::Partition>:sagemaker:{PLACE}:endpoint/osml-sandbox-aoss-embedding"
    key = f"arn:<AWS::Partition>:secretsmanager:{PLACE}:secret:osml/sandbox-aoss/deepseek-??????"
    ask = {action: resource for action, resource in allowed(collection, "AskPolicy").items() if action not in log}
    assert ask == {
        "aoss:APIAccessAll": arn,
        "sagemaker:InvokeEndpoint": endpoint,
        "secretsmanager:GetSecretValue": key,
        "dynamodb:GetItem": "<ConversationsTable05F75AD7.Arn>",
        "dynamodb:UpdateItem": "<ConversationsTable05F75AD7.Arn>",
    }
    documents = {action: arn for action, arn in allowed(collection, "DocumentsPolicy").items() if action not in log}
    history = {f"dynamodb:{action}Item" for action in ("Get", "Update", "Delete")}
    assert set(documents) == {"aoss:APIAccessAll", "sagemaker:InvokeEndpoint", "dynamodb:Query", *history, *UPLOADS}
    assert {documents[action] for action in history} == {"<ConversationsTable05F75AD7.Arn>"}
    assert documents["dynamodb:Query"] == "<ConversationsTable05F75AD7.Arn>/index/callers"
    assert allowed(collection, "OperatorPolicy") == {
        "lambda:InvokeFunction": [f"<{name}>" for name in sorted(of_type(collection, "AWS::Lambda::Alias"))]
    }
    aliases = [alias["Properties"] for alias in of_type(collection, "AWS::Lambda::Alias").values()]
    assert [(alias["Name"], alias["FunctionVersion"]) for alias in aliases] == [("operators", "$LATEST")] * 2


def test_a_model_on_bedrock_may_be_streamed_by_ask_only(other: Other, allowed: Any, settings_of: Any) -> None:
    answer = {"provider": "bedrock", "region": "us-east-1"}
    template = other("sandbox-aoss", answer=answer, embedding={"provider": "titan", "dimension": 512})
    ask, documents = allowed(template, "AskPolicy"), allowed(template, "DocumentsPolicy")
    assert any("deepseek.r1" in item for item in ask["bedrock:InvokeModelWithResponseStream"])
    assert "bedrock:InvokeModelWithResponseStream" not in documents
    assert documents["bedrock:InvokeModel"].endswith("foundation-model/amazon.titan-embed-text-v2:0")
    # The values of the environment: those that it leaves out come from the provider, for the function too.
    assert settings_of(template, "Ask")["answer"] == {"provider": "bedrock", "region": "us-east-1"}
    assert settings_of(template, "Ask")["embedding"] == {"provider": "titan", "dimension": 512}


def test_each_function_may_do_on_the_index_what_it_does(collection: Template, flat: Flat, of_type: OfType) -> None:
    rules = {}
    for resource in of_type(collection, "AWS::OpenSearchServerless::AccessPolicy").values():
        ((policy,), name) = json.loads(flat(resource["Properties"]["Policy"])), resource["Properties"]["Name"]
        assert len(name) <= 32
        ((rule,), (role,)) = policy["Rules"], policy["Principal"]
        assert (rule["ResourceType"], rule["Resource"]) == ("index", ["index/osml-sandbox-aoss/passages"])
        rules[role] = rule["Permission"]
    assert rules == {
        "<AskRole76FE4A60.Arn>": ["aoss:DescribeIndex", "aoss:ReadDocument"],
        "<DocumentsRole86E5D883.Arn>": ["aoss:DescribeIndex", "aoss:ReadDocument", "aoss:WriteDocument"],
        "<ToolsRoleBB97B1BA.Arn>": ["aoss:DescribeIndex", "aoss:ReadDocument"],
    }
