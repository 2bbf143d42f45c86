"""The kinds of sources: one module each, with the name of the kind."""

from importlib import import_module
from typing import cast

from settings.sources import SourceSettings
from sources.item import ItemSource
from sources.tools import SourceKind, Tools


def source_at(settings: SourceSettings, tools: Tools) -> ItemSource:
    """The source with these settings; no module of another kind is imported."""
    return cast(SourceKind, import_module(f"sources.{settings.kind}")).source(settings, tools)
