"""The environment files of the documents; a part of one is completed to the whole that it belongs to."""

from dataclasses import replace
from typing import Any

import yaml

from tests.shown.blocks import Block, blocks

# Completes a part on a page without an environment above it.
SMALLEST = """
recipe: bedrock-converse
search: {kind: domain, data_nodes: {instance_type: r7g.medium.search, count: 1}, volume: {size: 20}, removal: destroy}
embedding: {provider: sagemaker, endpoint: create, dimension: 384}
answer: {model: us.amazon.nova-lite-v1:0}
assistant: {}
"""


def is_whole(block: Block) -> bool:
    return {"recipe", "search"} <= set(yaml.safe_load(block.text))


def completed(block: Block) -> dict[str, Any]:
    """The environment of a block: a part gets everything else from the last whole environment above it on its page.

    A group of the part takes the place of the whole's, but is added to `search`, whose required settings are many. An
    indented part continues the last block above it that is not indented.
    """
    above = [other for other in blocks("yaml") if other.page == block.page and other.line < block.line]
    if block.text.startswith(" "):
        begun = next(other for other in reversed(above) if not other.text.startswith(" "))
        return completed(replace(begun, text=begun.text + block.text))
    part: dict[str, Any] = yaml.safe_load(block.text)
    if is_whole(block):
        return part
    whole = yaml.safe_load(next((other.text for other in reversed(above) if is_whole(other)), SMALLEST))
    return {**whole, **part, "search": {**whole["search"], **part.get("search", {})}}
