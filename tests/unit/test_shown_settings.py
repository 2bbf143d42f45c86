"""Each environment file in the documents, and each part of one, is valid; so do editors say."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from settings import SettingError, load
from settings.schema import schema
from tests.shown.blocks import Block, blocks
from tests.shown.environments import completed

SCHEMA = Draft7Validator(schema())


def refusal(block: Block, folder: Path) -> str | None:
    """Why the environment of a block is refused; None if it can be deployed."""
    settings = completed(block)
    (folder / "shown.yaml").write_text(yaml.safe_dump(settings))
    try:
        load("shown", folder)
    except SettingError as error:
        return str(error)
    errors = [error.message for error in SCHEMA.iter_errors(settings)]
    return errors[0] if errors else None


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_each_environment_in_the_documents_can_be_deployed(block: Block, tmp_path: Path) -> None:
    assert refusal(block, tmp_path) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("drop: {folders: x}", "folders"),
        ("retrieval: {hybrid: {}, rerank: 3}", "rerank"),
        ("recipe: semantic-search\nsearch: {kind: domain}", "search"),
    ],
)
def test_a_wrong_part_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    assert reason in (refusal(Block("docs/none.md", 1, "yaml", text), tmp_path) or "")
