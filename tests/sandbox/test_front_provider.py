from __future__ import annotations

import pytest

from sandbox.front.provider import ProviderInvocation, invocation
from sandbox.front.refusal import ProviderRefusal

ACCOUNT = "000000000000"
BEDROCK = "bedrock-runtime.us-west-2.amazonaws.com"
MODEL = "arn:aws:bedrock:us-west-2::foundation-model/"


def test_a_sagemaker_endpoint() -> None:
    assert invocation(
        "runtime.sagemaker.eu-west-1.amazonaws.com", "/endpoints/minilm/invocations", ACCOUNT
    ) == ProviderInvocation(
        "sagemaker",
        "eu-west-1",
        "sagemaker:InvokeEndpoint",
        (f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/minilm",),
        "minilm",
    )


@pytest.mark.parametrize(
    ("model", "resources"),
    [
        ("amazon.titan-embed-text-v2:0", (MODEL + "amazon.titan-embed-text-v2:0",)),
        ("amazon.titan-embed-text-v2%3A0", (MODEL + "amazon.titan-embed-text-v2:0",)),
        (
            "us.deepseek.r1-v1:0",
            (
                f"arn:aws:bedrock:us-west-2:{ACCOUNT}:inference-profile/us.deepseek.r1-v1:0",
                "arn:aws:bedrock:us-east-1::foundation-model/deepseek.r1-v1:0",
                "arn:aws:bedrock:us-east-2::foundation-model/deepseek.r1-v1:0",
                "arn:aws:bedrock:us-west-2::foundation-model/deepseek.r1-v1:0",
            ),
        ),
        (
            "arn%3Aaws%3Abedrock%3Aus-west-2%3A1%3Ainference-profile%2Feu.some.model",
            ("arn:aws:bedrock:us-west-2:1:inference-profile/eu.some.model", MODEL + "some.model"),
        ),
        (
            "arn%3Aaws%3Abedrock%3Aus-west-2%3A1%3Aimported-model%2Fabc",
            ("arn:aws:bedrock:us-west-2:1:imported-model/abc",),
        ),
    ],
)
@pytest.mark.parametrize(
    ("verb", "action"),
    [
        ("invoke", "InvokeModel"),
        ("converse", "InvokeModel"),
        ("invoke-with-response-stream", "InvokeModelWithResponseStream"),
        ("converse-stream", "InvokeModelWithResponseStream"),
    ],
)
def test_bedrock_models(model: str, resources: tuple[str, ...], verb: str, action: str) -> None:
    call = invocation(BEDROCK, f"/model/{model}/{verb}", ACCOUNT)
    assert call == ProviderInvocation("bedrock", "us-west-2", f"bedrock:{action}", resources)


@pytest.mark.parametrize(
    "host",
    ["api.sagemaker.us-east-1.amazonaws.com", "s3.amazonaws.com", "x.bedrock-runtime.us-east-1.amazonaws.com"],
)
def test_other_hosts_of_aws_are_unknown(host: str) -> None:
    assert invocation(host, "/model/x/invoke", ACCOUNT) is None


@pytest.mark.parametrize("path", ["/", "/model/x", "/endpoints/x/invocations", "/model/x/invoke/../delete"])
def test_a_path_that_bedrock_has_not(path: str) -> None:
    with pytest.raises(ProviderRefusal) as refused:
        invocation(BEDROCK, path, ACCOUNT)
    assert refused.value.status == 404
