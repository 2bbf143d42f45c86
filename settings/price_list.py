"""The prices of AWS that this app counts with: USD in us-east-1, on demand.

They are those of AWS's public price list, a file for each service:
https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/SERVICE/current/us-east-1/index.json
docs/costs.md shows them, and says where each was looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REGION = "us-east-1"


@dataclass(frozen=True)
class PriceList:
    """Prices of one `service` of the list, as they were on the day `read`; `usd` by what is paid for."""

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
    PriceList("AWSSecretsManager", "2025-10-28", "month", {"secret": 0.40}),
    PriceList("AmazonCloudWatch", "2024-07-01", "month", {"alarm": 0.10}),
)

USD: Mapping[str, float] = {name: usd for prices in PRICE_LISTS for name, usd in prices.usd.items()}
