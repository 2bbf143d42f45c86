"""What the tutorial for serverless RAG leaves on AWS: the stacks of its script `creator.sh dev us-east-1`.

The function sends the same requests to the collection as the tutorial's. Its embedding model, which the tutorial has in
the function's image, runs on the caller's side.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import requests

from tests.contract.cloud_process import CloudAddress, Stack

COLLECTION, INDEX = "sample-vector-store-dev", "sample-embeddings-dev"
FUNCTION, PAGE, ROLE = "llm_rag_example_dev", "llm-html-generator-dev", "lambda_llm_rag_dev"
API, ENDPOINT = "rag-llm-api-dev", "llama2-7b-endpoint"
SERVICE = "AWS::OpenSearchServerless"
CODE = """
import hashlib, json, os
import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

NAME = os.environ["INDEX_NAME"]
SETTINGS = {
    "settings": {"index": {"knn": True}},
    "mappings": {
        "properties": {
            "id": {"type": "integer"},
            "text": {"type": "text"},
            "embedding": {"type": "knn_vector", "dimension": 384},
        }
    },
}


def send(method, path, body=None):
    data = b"" if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-Amz-Content-SHA256": hashlib.sha256(data).hexdigest()}
    request = AWSRequest(method, os.environ["OPENSEARCH_ENDPOINT"] + path, headers=headers, data=data)
    SigV4Auth(boto3.Session().get_credentials(), "aoss", os.environ["REGION"]).add_auth(request)
    answer = URLLib3Session(verify=os.environ.get("AWS_CA_BUNDLE", True)).send(request.prepare())
    if answer.status_code >= 400 and method != "HEAD":
        raise RuntimeError(answer.text)
    return answer


def index_documents(payload):
    if send("HEAD", "/" + NAME).status_code == 404:
        send("PUT", "/" + NAME, SETTINGS)
    send("POST", "/" + NAME + "/_doc", {"embedding": payload["embedding"], "text": payload["text"]})
    return {"success": True, "result": "Documents indexed successfully"}


def handler(event, context):
    result = index_documents(json.loads(event["body"]))
    return {"statusCode": 200, "body": json.dumps(result), "headers": {"Content-Type": "application/json"}}
"""


def _policy(kind: str, resource: str, name: str, document: Any) -> dict[str, Any]:
    properties = {"Name": name, "Type": kind, "Policy": json.dumps(document)}
    return {"Type": f"{SERVICE}::{resource}", "Properties": properties}


def vector_store(account: str) -> dict[str, Any]:
    """The nested stack `vector_db_dev` of LlmsWithServerlessRagStack."""
    here = f"collection/{COLLECTION}"
    rule = {"ResourceType": "collection", "Resource": [here]}
    dashboards = {"ResourceType": "dashboard", "Resource": [here]}
    access = {
        "Rules": [
            {"ResourceType": "index", "Resource": [f"index/{COLLECTION}/*"], "Permission": ["aoss:*"]},
            {"ResourceType": "collection", "Resource": [here], "Permission": ["aoss:*"]},
        ],
        "Principal": [f"arn:aws:iam::{account}:role/{ROLE}"],
    }
    network = [{"Rules": [rule, dashboards], "AllowFromPublic": True}]
    policies = ["Encryption", "Network", "Data"]
    properties = {"Name": COLLECTION, "Description": "Serverless vector db example", "Type": "VECTORSEARCH"}
    encryption = {"Rules": [rule], "AWSOwnedKey": True}
    return {
        "Encryption": _policy("encryption", "SecurityPolicy", "sample-vectordb-encryption-dev", encryption),
        "Network": _policy("network", "SecurityPolicy", "sample-vectordb-nw-dev", network),
        "Data": _policy("data", "AccessPolicy", "sample-vectordb-data-dev", [access]),
        "Collection": {"Type": f"{SERVICE}::Collection", "DependsOn": policies, "Properties": properties},
    }


def _integration(function: str) -> dict[str, Any]:
    arn = f"${{{function}.Arn}}"
    prefix = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
    return {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": {"Fn::Sub": f"{prefix}/{arn}/invocations"},
    }


def _method(resource: str, verb: str, function: str) -> dict[str, Any]:
    properties = {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Ref": resource}, "HttpMethod": verb}
    more = {"AuthorizationType": "NONE", "Integration": _integration(function)}
    return {"Type": "AWS::ApiGateway::Method", "Properties": {**properties, **more}}


def _path(part: str, parent: Any) -> dict[str, Any]:
    properties = {"RestApiId": {"Ref": "Api"}, "PathPart": part, "ParentId": parent}
    return {"Type": "AWS::ApiGateway::Resource", "Properties": properties}


def _called(function: str, where: str) -> dict[str, Any]:
    arn = "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/dev/" + where
    properties = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Fn::GetAtt": [function, "Arn"]},
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": {"Fn::Sub": arn},
    }
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


def _function(name: str, code: str, role: str, variables: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Code": {"ZipFile": code},
        "Role": {"Fn::GetAtt": [role, "Arn"]},
        "Environment": {"Variables": variables},
        "Timeout": 60,
    }
    return {"Type": "AWS::Lambda::Function", "DependsOn": [role], "Properties": properties}


def api(endpoint: str) -> dict[str, Any]:
    """ApiGwLlmsLambdadevStack: a function, another that serves the page, and an API without sign-in."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    all_of_it = ["aoss:*", "sagemaker:*", "iam:ListUsers", "iam:ListRoles"]
    may = {"Statement": [{"Effect": "Allow", "Action": all_of_it, "Resource": "*"}]}
    role = {"AssumeRolePolicyDocument": {"Statement": [trust]}}
    named = {**role, "RoleName": ROLE, "Policies": [{"PolicyName": "own", "PolicyDocument": may}]}
    variables = {
        "INDEX_NAME": INDEX,
        "OPENSEARCH_ENDPOINT": endpoint,
        "MODEL_PATH": "/var/task/sentencetransformers/",
        "REGION": "us-east-1",
        "SAGEMAKER_ENDPOINT": ENDPOINT,
    }
    methods = ["GetPage", "GetQuery", "PostDocuments", "DeleteDocuments"]
    page = 'def handler(event, context):\n    return {"statusCode": 200, "body": "<html></html>"}\n'
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": named},
        "PageRole": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": _function(FUNCTION, CODE, "Role", variables),
        "Page": _function(PAGE, page, "PageRole", {"ENVIRONMENT": "dev"}),
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": API}},
        "Rag": _path("rag", {"Fn::GetAtt": ["Api", "RootResourceId"]}),
        "Query": _path("query", {"Ref": "Rag"}),
        "Documents": _path("index-documents", {"Ref": "Rag"}),
        "GetPage": _method("Rag", "GET", "Page"),
        "GetQuery": _method("Query", "GET", "Function"),
        "PostDocuments": _method("Documents", "POST", "Function"),
        "DeleteDocuments": _method("Documents", "DELETE", "Function"),
        "MayPage": _called("Page", "GET/rag"),
        "MayQuery": _called("Function", "GET/rag/query"),
        "MayPost": _called("Function", "POST/rag/index-documents"),
        "MayDelete": _called("Function", "DELETE/rag/index-documents"),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": methods,
            "Properties": {"RestApiId": {"Ref": "Api"}},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "StageName": "dev",
                "DeploymentId": {"Ref": "Deployment"},
            },
        },
    }


@dataclass
class Tutorial:
    """The stacks, the collection's endpoint and ARN, and the API's base address."""

    cloud: CloudAddress
    stacks: list[Stack]
    endpoint: str
    arn: str
    url: str

    def index_document(self, text: str, embedding: list[float]) -> None:
        """Index a document as the button on the page does."""
        sent = {"text": text, "embedding": embedding}
        answer = requests.post(f"{self.url}/rag/index-documents", json=sent, verify=self.cloud.bundle, timeout=60)
        assert (answer.status_code, answer.json()["success"]) == (200, True), answer.text

    def page(self) -> requests.Response:
        return requests.get(f"{self.url}/rag", verify=self.cloud.bundle, timeout=60)

    def clean(self) -> None:
        for stack in reversed(self.stacks):
            stack.delete()


def deploy(cloud: CloudAddress, account: str = "000000000000") -> Tutorial:
    """Deploy both stacks, one after the other."""
    store = cloud.deploy(
        vector_store(account),
        {name: {"Fn::GetAtt": ["Collection", name]} for name in ("CollectionEndpoint", "Arn")},
    )
    made = store.settled()
    assert made["StackStatus"] == "CREATE_COMPLETE", store.reasons()
    values = made["values"]
    front = cloud.deploy(api(values["CollectionEndpoint"]), {"Api": {"Ref": "Api"}})
    served = front.settled()
    assert served["StackStatus"] == "CREATE_COMPLETE", front.reasons()
    url = f"{cloud.gateway}/_aws/execute-api/{served['values']['Api']}/dev"
    return Tutorial(cloud, [store, front], values["CollectionEndpoint"], values["Arn"], url)


def person(cloud: CloudAddress, collection: str, *permissions: str, trusted: str = "*") -> str:
    """The ARN of a new role with these permissions on all indexes of the collection."""
    name = f"person-{uuid.uuid4().hex[:8]}"
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": trusted}}]}
    iam, aoss = cloud.client("iam"), cloud.client("opensearchserverless")
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"])
    may = {"Statement": [{"Effect": "Allow", "Action": "aoss:APIAccessAll", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(may))
    if permissions:
        rule = {"ResourceType": "index", "Resource": [f"index/{collection}/*"], "Permission": list(permissions)}
        aoss.create_access_policy(name=name, type="data", policy=json.dumps([{"Rules": [rule], "Principal": [arn]}]))
    return arn
