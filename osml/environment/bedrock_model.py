"""Where Amazon Bedrock has its embedding models, on demand in the region itself.

After AWS's "Regional availability" of Bedrock models; Amazon adds regions, so `embedding.any_region` passes this over.
"""

from __future__ import annotations

_COHERE = frozenset(
    {
        "ap-northeast-1",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-west-2",
    }
)
REGIONS = {
    "amazon.titan-embed-text-v1": frozenset({"ap-northeast-1", "eu-central-1", "us-east-1", "us-west-2"}),
    "amazon.titan-embed-text-v2:0": frozenset(
        {
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-gov-east-1",
            "us-gov-west-1",
            "us-west-2",
        }
    ),
    "cohere.embed-english-v3": _COHERE,
    "cohere.embed-multilingual-v3": _COHERE,
}
