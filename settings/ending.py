"""The ends of life in an environment: of models, containers, the engine's version and the functions' runtime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from settings import Environment, bedrock_ends, engine_ends, runtime
from settings.end_of_life import EndOfLife
from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain


@dataclass(frozen=True)
class SettingEnding:
    """The end of life of the value `name` of `setting`; the runtime is not a setting, so `setting` describes it."""

    setting: str
    name: str
    end: EndOfLife

    @property
    def sentence(self) -> str:
        """A sentence with what ends, when, and the source; it is true before and after that day."""
        return f"{self.setting} is {self.name!r}, whose end of life is {self.end.on} ({self.end.source})"


def endings(environment: Environment) -> list[SettingEnding]:
    """All ends of life with a date, the earliest first, whether or not they have passed."""
    named = [
        SettingEnding(setting, name, ends[name])
        for setting, name, ends in _used(environment)
        if name is not None and name in ends
    ]
    return sorted(named, key=lambda ending: ending.end.on)


def _used(environment: Environment) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
    """For each used value: its setting, the value, and the provider's table of ends of life."""
    for setting, model in environment.answers.items():
        for named, value, ends in model.ends():
            yield named.replace("answer", setting, 1), value, ends
    yield from environment.embedding.ends()
    if environment.retrieval.rerank:
        yield "retrieval.rerank.model", environment.retrieval.rerank.model, bedrock_ends.ENDS
    if isinstance(environment.search, NewDomain | ExistingDomain):
        yield "search.engine_version", environment.search.engine_version, engine_ends.ENDS
    yield "the functions' runtime", runtime.RUNTIME, runtime.ENDS
