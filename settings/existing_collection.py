"""The settings of a collection that others created: `search.collection`."""

from __future__ import annotations

from pydantic import Field

from settings import Group
from settings.web_address import WebAddress


class ExistingCollection(Group):
    """A vector collection of OpenSearch Serverless, used and otherwise left as it is.

    `endpoint` is its URL; `name` and `arn` are those of the collection. A deploy gives the environment's own roles data
    access policies beside those that are there.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{2,31}$", examples=["sample-vector-store-dev"])
    arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:aoss:[a-z0-9-]+:[0-9]{12}:collection/[a-z0-9]{1,40}$",
        examples=["arn:aws:aoss:us-east-1:111122223333:collection/abcdefghij0123456789"],
    )
    endpoint: WebAddress = Field(examples=["https://abcdefghij0123456789.us-east-1.aoss.amazonaws.com"])
