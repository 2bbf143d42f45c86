"""Settings of a model whose API is served at another address than the settings name."""

from __future__ import annotations

from typing import Any, TypeVar

from settings.model_settings import ModelSettings

Model = TypeVar("Model", bound=ModelSettings)


def served_at(url: str, of: type[Model], **settings: Any) -> Model:
    """The settings, with the API at the complete address `url`."""
    here: type[Model] = type(of.__name__, (of,), {"url": property(lambda _: url), "__module__": __name__})
    return here.model_validate(settings)
