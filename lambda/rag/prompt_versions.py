"""The versions of the prompt, in a DynamoDB table: the last one is the current one."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from rag.aws_json import DynamoDb
from rag.budget import Budget
from rag.failures import Absent, Invalid, RagFailure
from rag.origin import version_of
from rag.own_settings import settings as own_settings
from rag.prompt_models import PromptIn, PromptTexts, PromptVersion
from rag.service_failure import PROMPTS
from settings.prompt import Prompt
from settings.runtime_settings import RuntimeSettings

KIND = "prompt"
MOST_LISTED = 100
# Always added to an owner's instructions, so owners cannot remove this rule.
ALWAYS = "If the passages do not hold the answer, say that they do not."
# The seconds for which a process keeps the prompt that it read, and the most seconds that a question waits for a read.
_FRESH, _MOST = 30.0, 1.0
_NUMBER = 8
_log = logging.getLogger(__name__)


class PromptVersions:
    """Items `{kind, number, version}`: `number` has eight digits, `version` is JSON. An item never changes.

    Number 0 has no item: it is the current prompt of the environment file.
    """

    def __init__(self, settings: RuntimeSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._table, self._own, self._clock = str(settings.prompts), settings.prompt, clock
        self._service = DynamoDb(PROMPTS, settings.timeouts.connection)
        self._known: Prompt = self._own
        self._until = 0.0

    def current(self, budget: Budget) -> Prompt:
        """The prompt of the current version. If the table cannot be read, it is the last prompt that was read."""
        if self._clock() >= self._until:
            try:
                [last] = self._read(1, budget, _MOST) or [self.first]
                self._known = self.prompt(last)
            except RagFailure as error:
                _log.warning(
                    "The current prompt is not known, and the last known one is used: %s %s", error, error.said
                )
            self._until = self._clock() + _FRESH
        return self._known

    def listed(self, budget: Budget) -> list[PromptVersion]:
        """The last versions, the current one first, and at the end number 0. Raises a `RagFailure`."""
        versions = budget.retrying(lambda: self._read(MOST_LISTED, budget))
        return [self._shown(version) for version in [*versions, self.first]]

    def publish(self, given: PromptIn, by: str, budget: Budget) -> PromptVersion:
        """Store the next version, after version `given.after`.

        Raises `Invalid` if another one was published since then, and `Absent` if the version to restore does not exist.
        """
        texts = self._texts(given, budget)
        files = given.number is not None and 0 in (texts.number, texts.restores)
        version = texts.model_copy(
            update={
                "number": given.after + 1,
                "restores": 0 if files else given.number,
                "note": given.note,
                "at": datetime.now(UTC).replace(microsecond=0),
                "by": by,
            }
        )
        latest = budget.retrying(lambda: self._read(1, budget))
        if (latest[0].number if latest else 0) != given.after or not self._put(version, budget):
            raise Invalid(
                f"after is {given.after}, but another version was published since then. Read the current version, "
                f"then publish yours after it."
            )
        self._until = 0.0
        return self._shown(version)

    def texts(self, given: PromptTexts, budget: Budget) -> Prompt:
        """The prompt that `given` would make, if it were published. Raises `Absent`."""
        return self.prompt(self._texts(given, budget))

    def prompt(self, version: PromptVersion) -> Prompt:
        """The prompt for a model: the texts of the version. `ALWAYS` is added to all texts but those of the file."""
        if version.number == 0 or version.restores == 0:
            return self._own
        instructions = version.instructions
        if ALWAYS not in instructions:
            instructions = f"{instructions}\n{ALWAYS}"
        return Prompt(system=version.system, instructions=instructions)

    @property
    def first(self) -> PromptVersion:
        """Number 0, the prompt of the environment file."""
        return PromptVersion(number=0, system=self._own.system, instructions=self._own.instructions)

    def _texts(self, given: PromptTexts, budget: Budget) -> PromptVersion:
        if given.number is None:
            return PromptVersion(number=1, system=str(given.system), instructions=str(given.instructions))
        if given.number == 0:
            return self.first
        stored = budget.retrying(lambda: self._read(1, budget, number=given.number))
        if not stored:
            raise Absent(f"There is no version {given.number} of the prompt. GET /prompts lists them.")
        return stored[0]

    def _shown(self, version: PromptVersion) -> PromptVersion:
        prompt = self.prompt(version)
        own = {"system": prompt.system, "instructions": prompt.instructions} if version.restores == 0 else {}
        return version.model_copy(update={**own, "prompt": version_of(prompt)})

    def _read(self, most: int, budget: Budget, seconds: float = 5, number: int | None = None) -> list[PromptVersion]:
        """The last versions, or the one with this number."""
        condition, values = "kind = :kind", {":kind": {"S": KIND}}
        if number is not None:
            condition, values = f"{condition} AND #number = :number", {**values, ":number": {"S": _key(number)}}
        body: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": most,
        }
        if number is not None:
            body["ExpressionAttributeNames"] = {"#number": "number"}
        items = self._service.call("Query", body, budget, seconds)["Items"]
        return [PromptVersion.model_validate_json(item["version"]["S"]) for item in items]

    def _put(self, version: PromptVersion, budget: Budget) -> bool:
        """Store the version; returns False if its number is taken."""
        item = {
            "kind": {"S": KIND},
            "number": {"S": _key(version.number)},
            "version": {"S": version.model_dump_json(exclude={"prompt"})},
        }
        body = {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(kind)"}
        return self._service.changed("PutItem", body, budget)


def _key(number: int) -> str:
    return f"{number:0{_NUMBER}}"


@cache
def own_versions() -> PromptVersions:
    """The versions of this environment; raises `Absent` if it has only the prompt of its file."""
    settings = own_settings()
    if settings.prompts is None:
        raise Absent("This environment uses the prompt of its file, because assistant.prompts is not set.")
    return PromptVersions(settings)
