"""The report, in Markdown: what was seen, without an account, an address, a person or a key."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

# What a report never shows, and what it shows instead.
_HIDDEN = (
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}\b"), "<key>"),
    (re.compile(r"arn:aws[a-z-]*:([a-z0-9-]+):[^\s\"'`,;)]*"), r"<ARN of \1>"),
    (re.compile(r"https?://[^\s\"'`,;)]+"), "<address>"),
    (re.compile(r"\b[\w-]+(\.[\w-]+)*\.(amazonaws\.com(\.cn)?|on\.aws|api\.aws)\b"), "<host>"),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b"), "<address>"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "<person>"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<account>"),
    (re.compile(r"/(?:home|Users|root|tmp|var|work|private)/[^\s\"'`,;)]*"), "<path>"),
)
SIGNS = {True: "✓", False: "✗", None: "–"}
LONGEST = 1500


def hidden(text: str, known: Sequence[str] = ()) -> str:
    """`text` on one line without accounts, addresses, people, paths, keys and the `known` secrets."""
    for secret in known:
        text = text.replace(secret, "<secret>")
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    line = " ".join(text.split()).replace("|", "\\|")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


@dataclass
class Seen:
    """One thing that was done or asked: `good` is None for an answer that is neither right nor wrong."""

    what: str
    good: bool | None
    seconds: float
    answer: str


@dataclass
class ProofReport:
    """The report of one environment. `known` are secrets that no line may show."""

    kind: str
    engine: str
    region: str
    local: bool
    expected: str
    steps: list[Seen] = field(default_factory=list)
    facts: list[Seen] = field(default_factory=list)
    spent: str = ""
    known: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every step succeeded."""
        return bool(self.steps) and all(step.good is not False for step in self.steps)

    def markdown(self) -> str:
        """The text for an issue."""
        where = "the local cloud" if self.local else f"AWS, {self.region}"
        lines = [f"## Proof of a {self.kind} on {where}: {'passed' if self.good else 'FAILED'}", ""]
        lines += [f"Engine: {self.engine}. {self.expected}. {self.spent}.", ""]
        lines += ["| step | | seconds | seen |", "| --- | --- | --- | --- |", *map(self._row, self.steps)]
        if self.facts:
            lines += ["", "| asked of the engine | | seconds | answer |", "| --- | --- | --- | --- |"]
            lines += map(self._row, self.facts)
        return "\n".join([*lines, ""])

    def _row(self, seen: Seen) -> str:
        return f"| {seen.what} | {SIGNS[seen.good]} | {seen.seconds:.1f} | {hidden(seen.answer, self.known)} |"
