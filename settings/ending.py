"""What of an environment ends, and when: models, containers, the engine's version, the functions' runtime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from settings import Environment, bedrock_ends, engine_ends, runtime
from settings.end_of_life import EndOfLife
from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain


@dataclass(frozen=True)
class SettingEnding:
    """The value `name` of `setting` ends; a runtime is no setting, and is called by what it is."""

    setting: str
    name: str
    end: EndOfLife

    @property
    def sentence(self) -> str:
        """What ends, when, and who says so. It is true before that day and after it."""
        return f"{self.setting} is {self.name!r}, whose end of life is {self.end.on} ({self.end.source})"


def endings(environment: Environment) -> list[SettingEnding]:
    """All that has a day, the next one first; no clock is looked at."""
    named = [
        SettingEnding(setting, name, ends[name])
        for setting, name, ends in _used(environment)
        if name is not None and name in ends
    ]
    return sorted(named, key=lambda ending: ending.end.on)


def _used(environment: Environment) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
    """Setting, value, and the table of its provider."""
    for setting, model in environment.answers.items():
        for named, value, ends in model.ends():
            yield named.replace("answer", setting, 1), value, ends
    yield from environment.embedding.ends()
    if environment.retrieval.rerank:
        yield "retrieval.rerank.model", environment.retrieval.rerank.model, bedrock_ends.ENDS
    if isinstance(environment.search, NewDomain | ExistingDomain):
        yield "search.engine_version", environment.search.engine_version, engine_ends.ENDS
    yield "the functions' runtime", runtime.RUNTIME, runtime.ENDS
