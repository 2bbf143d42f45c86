"""The outcomes of a check that is not ok."""


class Skipped(Exception):
    """The check is impossible or does not apply; `str()` is the reason."""


class Unchecked(Skipped):
    """The check is impossible now, because something cannot be read; `reason` says what."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not checked: {reason}")


class Complaint(Exception):
    """A problem with a named cause.

    `name` is a heading of docs/troubleshooting.md and never changes; `cause` is the observation, `fix` the command or
    setting that helps. None of them contains a secret.
    """

    def __init__(self, name: str, cause: str, fix: str) -> None:
        super().__init__(cause)
        self.name = name
        self.cause = cause
        self.fix = fix


class Noted(Exception):
    """A finding that is not a problem by itself; the other checks continue."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.cause)
        self.complaint = complaint
