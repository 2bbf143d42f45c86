"""The settings of access: who reads, loads and owns documents, and who belongs to which group."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from settings import Group
from settings.operators import ARN

Role = Literal["reader", "editor", "owner"]
# The roles, from the one with the fewest permissions to the one with the most.
ROLES: tuple[Role, ...] = get_args(Role)
# Who loads documents, from the least trusted on; operators load with the command line, the drop and sources.
LoadedBy = Literal["editor", "owner", "operators"]
LOADERS: tuple[LoadedBy, ...] = get_args(LoadedBy)
# A group's name has no commas, brackets, quotes or line breaks, because tokens contain a list of groups as one string.
GROUP = r"^[^ ,\[\]\"'\n\r\t]([^,\[\]\"'\n\r\t]{0,126}[^ ,\[\]\"'\n\r\t])?$"
GroupName = Annotated[str, StringConstraints(pattern=GROUP)]
# The forms of names, which depend on the sign-in: groups of a pool or of a provider, IAM identities, API keys.
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
Name = Annotated[str, Field(min_length=1, max_length=2048)]


class Access(Group):
    """Who may do what with documents and questions.

    A reader asks and sees documents, an editor also loads documents and removes their own, an owner sees and removes
    all. Entries of `readers`, `editors` and `owners` are names of groups with `sign_in: cognito` or `jwt`, ARNs of IAM
    roles and users with `iam`, and names of API keys with `api-key`. `others` is the role of everybody else who is
    signed in; `nobody` refuses them. The groups `reader`, `editor` and `owner` of the pool have these roles without an
    entry.

    `trusted` is the lowest trusted role of a loader: evidence for an answer counts half if a lower role loaded its
    document, and the page says so.

    Documents may belong to groups. People are in the groups of the pool; `groups` puts further names into a group, such
    as IAM roles.
    """

    others: Literal["nobody", "reader", "editor", "owner"] = "reader"
    readers: list[Name] = Field(default_factory=list, max_length=50)
    editors: list[Name] = Field(default_factory=list, max_length=50)
    owners: list[Name] = Field(default_factory=list, max_length=50)
    trusted: LoadedBy = "owner"
    groups: dict[GroupName, list[Name]] = Field(
        default_factory=dict, max_length=200, examples=[{"hr": ["people-team"]}]
    )

    def trusts(self, loader: LoadedBy | None) -> bool:
        """Whether evidence from the loader's documents counts in full."""
        return loader is not None and LOADERS.index(loader) >= LOADERS.index(self.trusted)

    @property
    def names(self) -> list[str]:
        """All names in the roles and groups, each once."""
        members = [name for group in self.groups.values() for name in group]
        return list(dict.fromkeys([*self.readers, *self.editors, *self.owners, *members]))

    def faults(self, sign_in: str) -> Iterator[str]:
        """A message for each name that does not fit this kind of sign-in."""
        for name in self.names:
            if sign_in == "iam" and not re.fullmatch(ARN, name):
                yield (
                    f"{name!r} is not the ARN of an IAM role or user, but sign_in is 'iam'; write "
                    "arn:aws:iam::<account>:role/<name>, where * matches any characters after the first character of "
                    "the name"
                )
            if sign_in in ("cognito", "jwt") and not re.fullmatch(GROUP, name):
                yield f"{name!r} cannot be the name of a group; leave commas, brackets, quotes and line breaks out"
            if sign_in == "api-key" and not _KEY.fullmatch(name):
                yield f"{name!r} cannot be the name of an API key; use letters, digits, _ and -, at most 64"
