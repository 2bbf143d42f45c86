"""The parts of a prompt: the question, the documents and the earlier questions.

It reads these forms:

- The retrieval_augmented_generation processor sends chat messages, with the blocks `SEARCH RESULT n: …`,
  `QUESTION: …` and `ANSWER:`. Or it sends one string, with a backslash and an `n` (not a line feed) between the parts.
- The assistant puts each document between `<<<MARK` and `MARK>>>`.
- Any other text is only a question, unless it contains the same markers.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

_BREAK = r"(?:\A|\n|\\n)[ \t]*"
_RESULT = re.compile(_BREAK + r"(?:SEARCH RESULT|DOCUMENT|PASSAGE) (\d+): ?")
_QUESTION = re.compile(_BREAK + r"QUESTION: ?", re.IGNORECASE)
_ANSWER = re.compile(r"(?:\s|\\n)*ANSWER:\s*\Z", re.IGNORECASE)
# A question and its answer, in either order: in one string, the processor puts an answer before its question
# (ml-commons 3.4: buildSingleStringPrompt reverses the whole list of messages).
_TURN = rf"{_BREAK}user: .*?{_BREAK}assistant: |{_BREAK}assistant: .*?{_BREAK}user: "
_HISTORY = re.compile(_TURN, re.DOTALL)
_EARLIER = re.compile(rf"{_BREAK}user: (.*?)(?={_BREAK}(?:assistant|user): |\Z)", re.DOTALL)
_QUOTED = re.compile(r"<<<(?P<mark>[0-9a-f]+)\n(?P<document>.*)\n(?P=mark)>>>", re.DOTALL)
_R1_USER, _R1_ASSISTANT, _R1_START = "<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>"


@dataclass(frozen=True)
class ReadPrompt:
    """The question, the documents in the order of their numbers, and the earlier questions, oldest first.

    `thinking_opened` is True if the prompt ends with an open `<think>`.
    """

    question: str
    documents: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    thinking_opened: bool = False


def from_messages(messages: Sequence[dict[str, Any]]) -> ReadPrompt:
    """Read chat messages `{"role", "content"}`, whose content is a string or a list of `{"text"}` blocks."""
    documents: list[str] = []
    earlier: list[str] = []
    question = ""
    # If the question has its own message, each document has its own too, and its text is not searched for markers.
    apart = any(_QUESTION.match(text) for message in messages for text in blocks(message.get("content")))
    for message in messages:
        if message.get("role") == "assistant":
            if question:
                earlier.append(question)
            question = ""
            continue
        texts = blocks(message.get("content"))
        read = [_block(text) if apart or len(texts) > 1 else _whole(text) for text in texts]
        documents += [document for part in read for document in part.documents]
        questions = [part.question for part in read if part.question]
        if message.get("role") == "user" and questions:
            question = questions[-1]
    return ReadPrompt(question, documents, earlier)


def from_text(text: str) -> ReadPrompt:
    """Read one string: the processor's form, with or without DeepSeek-R1's template around it."""
    inner, opened = _without_template(text)
    part = _whole(inner)
    return ReadPrompt(part.question, part.documents, part.earlier, opened)


def blocks(content: Any) -> list[str]:
    """Return the texts of a message's content, which is a string or a list of `{"text"}` blocks."""
    if isinstance(content, str):
        return [content]
    if isinstance(content, list):
        return [block["text"] for block in content if isinstance(block, dict) and isinstance(block.get("text"), str)]
    return []


def _block(text: str) -> ReadPrompt:
    """Read one of several blocks. If it begins with the marker of a result, the whole block is one document."""
    marker = _RESULT.match(text)
    return ReadPrompt("", [_document(text[marker.end() :])]) if marker is not None else _whole(text)


def _whole(text: str) -> ReadPrompt:
    """Read results, history and question from one text. The last QUESTION counts, so a document cannot replace it."""
    text = _ANSWER.sub("", text)
    questions = list(_QUESTION.finditer(text))
    before, question = (text[: questions[-1].start()], text[questions[-1].end() :]) if questions else (text, "")
    marks = _in_order(_RESULT.finditer(before))
    if not questions and not marks:
        return ReadPrompt(_trimmed(text))
    earlier: list[str] = []
    history = _HISTORY.search(before, marks[-1].end() if marks else 0)
    if history is not None:
        earlier = [_trimmed(turn) for turn in _EARLIER.findall(before[history.start() :])]
        before = before[: history.start()]
    ends = [mark.start() for mark in marks[1:]] + [len(before)] * bool(marks)
    documents = [_document(before[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    return ReadPrompt(_trimmed(question), documents, earlier)


def _in_order(markers: Iterable[re.Match[str]]) -> list[re.Match[str]]:
    """The markers 1, 2, 3, …. A marker out of order is part of a document's text."""
    kept: list[re.Match[str]] = []
    for marker in markers:
        if int(marker.group(1)) == len(kept) + 1:
            kept.append(marker)
    return kept


def _trimmed(text: str) -> str:
    return re.sub(r"\A(?:\s|\\n)+|(?:\s|\\n)+\Z", "", text)


def _document(text: str) -> str:
    quoted = _QUOTED.fullmatch(_trimmed(text))
    return _trimmed(quoted["document"] if quoted else text)


def _without_template(text: str) -> tuple[str, bool]:
    start, end = text.find(_R1_USER), text.rfind(_R1_ASSISTANT)
    if start < 0 or end < start:
        return text.replace(_R1_START, "", 1), False
    return text[start + len(_R1_USER) : end], "<think>" in text[end:]
