"""The settings of access: who reads, loads and owns documents, and who belongs to which group."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from settings import Group
from settings.operators import ARN

Role = Literal["reader", "editor", "owner"]
# From the one who may least to the one who may most.
ROLES: tuple[Role, ...] = get_args(Role)
# Who loads documents, from the one who is trusted least; operators load by the command line, the drop and sources.
LoadedBy = Literal["editor", "owner", "operators"]
LOADERS: tuple[LoadedBy, ...] = get_args(LoadedBy)
# Without commas, brackets, quotes and line breaks: tokens hold lists of groups as one text.
GROUP = r"^[^ ,\[\]\"'\n\r\t]([^,\[\]\"'\n\r\t]{0,126}[^ ,\[\]\"'\n\r\t])?$"
GroupName = Annotated[str, StringConstraints(pattern=GROUP)]
# The spelling of names by the way of signing in: groups of a pool or of a provider, identities, keys.
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
        """Whether what the loader's documents say counts whole."""
        return loader is not None and LOADERS.index(loader) >= LOADERS.index(self.trusted)

    @property
    def names(self) -> list[str]:
        """All names, each once."""
        members = [name for group in self.groups.values() for name in group]
        return list(dict.fromkeys([*self.readers, *self.editors, *self.owners, *members]))

    def faults(self, sign_in: str) -> Iterator[str]:
        """What is wrong with the names, for this way of signing in."""
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
