"""What a model is told: the messages of ml-commons' retrieval_augmented_generation processor, in its order.

Source: ml-commons, `PromptUtil.buildMessageParameter` and `buildSingleStringPrompt`. Three things differ on purpose:
text is not escaped as JSON a second time, a conversation goes from the oldest turn to the newest with each question
before its answer, and nothing that comes from a document, a question or an earlier turn can leave its slot.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.settings import Prompt

BEGIN, USER, ASSISTANT, THINK = "<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>\n"
# The special tokens of DeepSeek, ChatML and their kin, and the tags of thinking aloud.
_SPECIAL = re.compile(r"<(?=[|｜]|/?think>)", re.IGNORECASE)
_SLOTS = r"(?:SEARCH RESULT|DOCUMENT|PASSAGE)[ \t]*\d+|QUESTION|ANSWER|user|assistant|system"
_SLOT = re.compile(rf"(?im)(^|\\n)(?=[ \t]*(?:{_SLOTS})[ \t]*:)")


@dataclass(frozen=True)
class Turn:
    """A question of a conversation and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Told:
    """All that the model is told: `prompt` is the environment's and trusted, everything else is not."""

    prompt: Prompt
    passages: Sequence[str]
    earlier: Sequence[Turn]
    question: str

    def messages(self) -> list[Message]:
        """As a chat: what to do, a message for each passage, the conversation, the question."""
        said = [Message("system", self.prompt.system)] if self.prompt.system else []
        said += [Message("user", self.prompt.instructions)] if self.prompt.instructions else []
        for number, passage in enumerate(self.passages, 1):
            said.append(Message("user", f"SEARCH RESULT {number}: {_harmless(passage)}"))
        for turn in self.earlier:
            said += [Message("user", _harmless(turn.question)), Message("assistant", _harmless(turn.answer))]
        return [*said, Message("user", f"QUESTION: {_harmless(self.question)}"), Message("user", "ANSWER:")]

    def text(self) -> str:
        """As one text, each slot on a line of its own, for a model that takes no chat.

        A line within a slot that looks like the beginning of another is quoted with `> `: a document can neither end
        itself nor ask the question.
        """
        lines = [part for part in (self.prompt.system, self.prompt.instructions) if part]
        lines += [f"SEARCH RESULT {number}: {_lines(passage)}" for number, passage in enumerate(self.passages, 1)]
        for turn in self.earlier:
            lines += [f"user: {_lines(turn.question)}", f"assistant: {_lines(turn.answer)}"]
        return "\n".join([*lines, f"QUESTION: {_lines(self.question)}", ""])

    def deepseek_r1(self, begin: bool = True) -> str:
        """In DeepSeek-R1's template, all of it in the user's turn, with the thinking opened as its authors advise.

        Without `begin` for containers whose tokenizer writes the first token itself.
        """
        return f"{BEGIN if begin else ''}{USER}{self.text()}{ASSISTANT}{THINK}"


def _harmless(text: str) -> str:
    """The text without special tokens: a space parts each one's first two characters."""
    return _SPECIAL.sub("< ", text)


def _lines(text: str) -> str:
    # A carriage return or U+2028 begins a line for a model, too.
    return _SLOT.sub(r"\1> ", "\n".join(_harmless(text).splitlines()))
