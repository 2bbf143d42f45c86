"""The prompt: the messages of ml-commons' retrieval_augmented_generation processor, in its order.

Source: ml-commons, `PromptUtil.buildMessageParameter` and `buildSingleStringPrompt`. Three things differ on purpose:
text is not escaped as JSON a second time, a conversation runs from the oldest turn to the newest with each question
before its answer, and text from a document, a question or an earlier turn cannot leave its slot.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from settings.knowledge import Prompt

BEGIN, USER, ASSISTANT, THINK = "<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>\n"
# The special tokens of DeepSeek, ChatML and similar formats, and the tags of reasoning.
_SPECIAL = re.compile(r"<(?=[|｜]|/?think>)", re.IGNORECASE)
_SLOTS = r"(?:SEARCH RESULT|DOCUMENT|PASSAGE)[ \t]*\d+|QUESTION|ANSWER|user|assistant|system"
_SLOT = re.compile(rf"(?im)(^|\\n)(?=[ \t]*(?:{_SLOTS})[ \t]*:)")


@dataclass(frozen=True)
class Turn:
    """A question of a conversation and its answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Told:
    """The whole input of the model. `prompt` is the environment's and trusted; everything else is untrusted."""

    prompt: Prompt
    passages: Sequence[str]
    earlier: Sequence[Turn]
    question: str

    def messages(self) -> list[Message]:
        """The input as a chat: instructions, a message for each passage, the conversation, the question."""
        said = [Message("system", self.prompt.system)] if self.prompt.system else []
        said += [Message("user", self.prompt.instructions)] if self.prompt.instructions else []
        for number, passage in enumerate(self.passages, 1):
            said.append(Message("user", f"SEARCH RESULT {number}: {_harmless(passage)}"))
        for turn in self.earlier:
            said += [Message("user", _harmless(turn.question)), Message("assistant", _harmless(turn.answer))]
        return [*said, Message("user", f"QUESTION: {_harmless(self.question)}"), Message("user", "ANSWER:")]

    def text(self) -> str:
        """The input as one text with a line for each slot, for a model without chat messages.

        A line within a slot that looks like the beginning of another slot is quoted with `> `, so that a document can
        neither end itself nor ask the question.
        """
        lines = [part for part in (self.prompt.system, self.prompt.instructions) if part]
        lines += [f"SEARCH RESULT {number}: {_lines(passage)}" for number, passage in enumerate(self.passages, 1)]
        for turn in self.earlier:
            lines += [f"user: {_lines(turn.question)}", f"assistant: {_lines(turn.answer)}"]
        return "\n".join([*lines, f"QUESTION: {_lines(self.question)}", ""])

    def deepseek_r1(self, begin: bool = True) -> str:
        """The input in DeepSeek-R1's template, all in the user's turn, with the reasoning opened as its authors advise.

        `begin` is False for containers whose tokenizer writes the first token itself.
        """
        return f"{BEGIN if begin else ''}{USER}{self.text()}{ASSISTANT}{THINK}"


def _harmless(text: str) -> str:
    """The text without special tokens: a space separates the first two characters of each."""
    return _SPECIAL.sub("< ", text)


def _lines(text: str) -> str:
    # A model also reads a carriage return or U+2028 as a line break.
    return _SLOT.sub(r"\1> ", "\n".join(_harmless(text).splitlines()))
