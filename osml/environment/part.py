"""What every part of an environment file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class EnvironmentPart(BaseModel):
    """Settings are taken as written: no coercion, no unknown names, no change after loading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
