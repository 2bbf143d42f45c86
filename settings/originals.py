"""The settings of original files: whether the files that people upload are kept."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class OriginalsSettings(Group):
    """The file of a document that is loaded through the API is kept for `days`, or until the document is removed.

    People who may see the document can open it from the page. A file with several documents is not kept.
    """

    days: int = Field(default=365, ge=1, le=3650)
