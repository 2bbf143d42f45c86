"""The AWS prices that this app uses: USD in us-east-1, on demand.

They are from AWS's public price list, which has a file for each service:
https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/SERVICE/current/us-east-1/index.json
docs/costs.md shows them with their sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REGION = "us-east-1"


@dataclass(frozen=True)
class PriceList:
    """The prices of one `service` in the list on the day `read`; `usd` maps what is billed to its price."""

    service: str
    read: str
    unit: str
    usd: Mapping[str, float]


PRICE_LISTS = (
    PriceList(
        "AmazonES",
        "2026-10-05",
        "hour",
        {
            "r7g.medium.search": 0.089,
            "r7g.large.search": 0.178,
            "r7g.xlarge.search": 0.356,
            "r7g.2xlarge.search": 0.711,
            "r7g.4xlarge.search": 1.422,
            "r7g.8xlarge.search": 2.845,
            "r7g.12xlarge.search": 4.267,
            "m7g.large.search": 0.135,
            "t3.small.search": 0.036,
            "t3.medium.search": 0.073,
            "OCU": 0.24,
        },
    ),
    PriceList("AmazonES", "2026-10-05", "GB and month", {"gp3": 0.122, "stored in a collection": 0.024}),
    PriceList(
        "AmazonSageMaker",
        "2026-09-27",
        "hour",
        {"ml.c6i.large": 0.102, "ml.c6i.xlarge": 0.204, "ml.g5.2xlarge": 1.52},
    ),
    PriceList(
        "AmazonBedrock",
        "2026-11-30",
        "million tokens read",
        {
            "amazon.nova-micro-v1:0": 0.035,
            "amazon.nova-lite-v1:0": 0.06,
            "amazon.nova-2-lite-v1:0": 0.33,
            "amazon.nova-pro-v1:0": 0.80,
            "deepseek.r1-v1:0": 1.35,
        },
    ),
    PriceList(
        "AmazonBedrock",
        "2026-11-30",
        "million tokens written",
        {
            "amazon.nova-micro-v1:0": 0.14,
            "amazon.nova-lite-v1:0": 0.24,
            "amazon.nova-2-lite-v1:0": 2.75,
            "amazon.nova-pro-v1:0": 3.20,
            "deepseek.r1-v1:0": 5.40,
        },
    ),
    PriceList("AWSSecretsManager", "2025-10-28", "month", {"secret": 0.40}),
    PriceList("AmazonCloudWatch", "2024-07-01", "month", {"alarm": 0.10}),
)

# All prices except those of tokens, which have two: for reading and for writing.
USD: Mapping[str, float] = {
    name: usd for prices in PRICE_LISTS if prices.service != "AmazonBedrock" for name, usd in prices.usd.items()
}
_READ, _WRITTEN = (prices.usd for prices in PRICE_LISTS if prices.service == "AmazonBedrock")


def token_usd(model: str | None, read: int, written: int) -> float | None:
    """The price in USD of `read` and `written` tokens; None for a model whose price is not in the list.

    `model` is an id on Bedrock, possibly with the prefix or the ARN of an inference profile.
    """
    base = ".".join((model or "").rpartition("/")[2].split(".")[-2:])
    return (read * _READ[base] + written * _WRITTEN[base]) / 1e6 if base in _READ else None
