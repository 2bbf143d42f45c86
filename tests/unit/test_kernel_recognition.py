"""The causes of external messages: those of the engine, of providers behind it, and of AWS."""

import pytest

from mlcommons.recognition import recognized


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            "AnswerConnector: POST /_plugins/_ml/connectors/_create: 403 iam:PassRole is not allowed to x.",
            "pass-role-missing",
        ),
        (
            "400 The connector refers to ${credential.secretArn.k}, but the secret arn has no key 'k'.",
            "secret-key-missing",
        ),
        ("Error communicating with remote model: Read timed out", "endpoint-too-slow"),
        (
            "Error communicating with remote model: Acquire operation took longer than the configured maximum time. "
            "This indicates that a request cannot get a connection from the pool within the specified maximum time.",
            "connections-exhausted",
        ),
        ("Error from remote service: The request was denied due to remote server throttling.", "throttled"),
        ('401: Error from remote service: {"error":{"message":"Authentication Fails"}}', "key-refused"),
        ("Connector URL is not matching the trusted connector endpoint regex", "endpoint-not-trusted"),
        ("Remote inference host name has private ip address: 10.0.0.5", "private-address"),
        (
            "no permissions for [indices:data/read/search] and User [name=arn, backend_roles=[arn]]",
            "role-mapping-missing",
        ),
        ("Model not ready yet. Please deploy the model first.", "model-not-deployed"),
        ("Failed to find model", "model-missing"),
        (
            "Model access is denied due to IAM user or service role is not authorized to perform the required AWS "
            "Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access.",
            "model-not-subscribed",
        ),
        (
            "Model use case details have not been submitted for this account. Fill out the form first.",
            "model-not-subscribed",
        ),
        ("You don't have access to the model with the specified model ID.", "model-access-denied"),
        ('Invalid payload: {"content": "429 people were "throttled" at Miami"}', "request-body-broken"),
        ("Unknown error or response.", "answer-not-understood"),
        ("Query vector has invalid dimension: 8. Dimension should be: 384", "dimension-mismatch"),
        (
            "Embedding: The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances",
            "quota-exceeded",
        ),
        (
            'Error from remote service: {"message": "Inference Component has no capacity to process this request. '
            'ApplicationAutoScaling may be in-progress (if configured)"}',
            "model-starting",
        ),
        ("The moon is full", None),
        ("429 slow down", "throttled"),
        ("AnswerModel: POST /_plugins/_ml/models/x/_predict: 429 slow down.", "throttled"),
        ("POST https://e/_search on https://e answered 429: slow down", "throttled"),
        ('Error from remote service: {"message": "slow down", "code": 429}', "throttled"),
        ("(Service: SageMakerRuntime, Status Code: 429, Request ID: 4)", "throttled"),
        ("An error occurred (429) when calling the Invoke operation", "throttled"),
        ("401 Client Error: for url: https://e/", "key-refused"),
        ("HTTP/1.1 401 for https://e/", "key-refused"),
        ("Failed to read model x-429-b", None),
        ("Failed to read model -401-DJ6EBbbdFgGrEIkv", None),
        ("Failed to read /models/401/x", None),
        ("Request 429-401-5e is refused", None),
        ('Error from remote service: {"total_tokens": 429, "limit":401}', None),
        ("The account 401 has no such object, 429 others", None),
    ],
)
def test_a_foreign_text_has_its_cause(text: str, cause: str | None) -> None:
    assert recognized(text) == cause
