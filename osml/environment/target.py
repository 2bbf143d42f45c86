"""Where an environment searches: one group of settings for each `search.kind`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from osml.environment.existing_domain import ExistingDomain
from osml.environment.new_domain import NewDomain
from osml.environment.self_managed import SelfManaged
from osml.environment.serverless import Serverless

Target = Annotated[NewDomain | ExistingDomain | SelfManaged | Serverless, Field(discriminator="kind")]
