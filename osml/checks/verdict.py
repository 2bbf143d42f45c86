"""What a check can end with besides well: not looked at, or the cause of the trouble."""


class Skipped(Exception):
    """Could not be checked, or does not exist here; `str()` is the reason."""


class Complaint(Exception):
    """A cause that has a name.

    `name` is a heading of docs/troubleshooting.md and never changes; `cause` is what was seen, `fix` the command or the
    setting that helps. Neither holds a secret.
    """

    def __init__(self, name: str, cause: str, fix: str) -> None:
        super().__init__(cause)
        self.name = name
        self.cause = cause
        self.fix = fix


class Noted(Exception):
    """Something to know that is no trouble by itself: the other checks go on."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.cause)
        self.complaint = complaint
