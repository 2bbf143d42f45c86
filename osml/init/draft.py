"""The environment file of a choice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from calls.count_of import count_of
from osml.deploy import size
from osml.init.offers import ANSWER, EMBEDDING, SEARCH, SIGN_IN, Offer
from settings import SettingError, load, prices
from settings.recipe import recipe_with
from settings.schema import FIRST_LINE

if TYPE_CHECKING:
    from settings import Environment

# For more documents than this, nodes are sized; fewer fit on the smallest nodes.
SIZED_FROM = 50_000
_NEARLY = 1.1


def draft(name: str, chosen: Mapping[str, Offer], documents: int = 0) -> str:
    """The text of `environments/<name>.yaml`; `chosen` has an offer for each question, by its group.

    A domain for more than 50,000 `documents` gets nodes and disks that are large enough. Raises ValueError with a
    sentence when no domain is large enough, or when the choices do not go together.
    """
    groups = {group: _named(offer.settings, name) for group, offer in chosen.items()}
    if chosen[SEARCH.group].name == "serverless":
        recipe = "serverless"
        if groups[SIGN_IN.group] is None or groups[ANSWER.group] is None:
            raise ValueError("A collection needs the assistant: choose an answer model and who asks.")
    else:
        recipe = _recipe(groups[ANSWER.group])
        if documents > SIZED_FROM:
            groups[SEARCH.group] |= _sized(groups, documents)
    settings = {"recipe": recipe, **{group: content for group, content in groups.items() if content is not None}}
    settings["index"] = {"name": "passages"}
    order = ("recipe", "search", "embedding", "answer", "index", "assistant")
    written = {group: settings[group] for group in order if group in settings}
    lines = [FIRST_LINE, *(f"# {chosen[group].sentence}" for group in ("search", "embedding", "answer", "assistant"))]
    return "\n".join(lines) + "\n" + yaml.safe_dump(written, sort_keys=False, width=120)


def checked(name: str, text: str) -> Environment:
    """The environment that the text describes. Raises SettingError when a deploy would refuse it."""
    with TemporaryDirectory() as folder:
        Path(folder, f"{name}.yaml").write_text(text, encoding="utf-8")
        try:
            return load(name, Path(folder))
        except SettingError as error:
            raise SettingError(str(error).replace(f"{Path(folder).name}/", "")) from None


def usd(environment: Environment, *, is_app: bool = False) -> dict[str, float]:
    """USD a month while nobody uses it, by the group of the choice that causes it.

    A domain of an environment has a keeper and alarms. An app of one's own has neither.
    """
    idle = prices.idle(environment)
    watching = prices.idle(environment.model_copy(update={SIGN_IN.group: None}))["rest"]
    groups = {group: idle[group] for group in (SEARCH.group, EMBEDDING.group, ANSWER.group)}
    if is_app:
        return groups
    groups[SEARCH.group] += watching
    return {**groups, SIGN_IN.group: idle["rest"] - watching}


def cost(name: str, chosen: Mapping[str, Offer], group: str, documents: int = 0, *, is_app: bool = False) -> str:
    """What the choice of `group` costs while nobody uses it, in words.

    Empty below 1 USD a month, and if the choices do not go together.
    """
    try:
        amount = usd(checked(name, draft(name, chosen, documents)), is_app=is_app)[group]
    except (ValueError, SettingError):
        return ""
    return f"About {amount:,.0f} USD a month." if amount >= 1 else ""


def _recipe(answer: Mapping[str, Any] | None) -> str:
    return recipe_with("answer.provider", answer["provider"]) or "custom" if answer else "semantic-search"


def _named(settings: Any, name: str) -> Any:
    """The settings with the environment's name in the names of its secrets."""
    if isinstance(settings, Mapping):
        return {key: _named(value, name) for key, value in settings.items()}
    return settings.replace("{name}", name) if isinstance(settings, str) else settings


def _sized(groups: Mapping[str, Any], documents: int) -> dict[str, Any]:
    """Data nodes and disks for this number of documents, not fewer nodes than were chosen."""
    chosen = groups[SEARCH.group]
    zones = chosen.get("availability_zones", 1)
    needed = size.need(size.Load(documents, groups[EMBEDDING.group]["dimension"], replicas=zones - 1))
    if not needed.shapes:
        raise ValueError(f"No domain of up to {size.MOST_NODES} r7g nodes holds {count_of(documents, 'document')}.")
    # Of shapes that cost nearly the same, the one of the fewest nodes is the easiest to run.
    dear = needed.shapes[0].usd * _NEARLY
    shape = min((shape for shape in needed.shapes if shape.usd <= dear), key=lambda shape: shape.nodes)
    nodes = max(shape.nodes, chosen["data_nodes"]["count"])
    nodes += -nodes % zones
    disk = max(chosen["volume"]["size"], -(-needed.disk // size.GIB // nodes) + 1)
    return {"data_nodes": {"instance_type": shape.instance, "count": nodes}, "volume": {"size": disk}}
