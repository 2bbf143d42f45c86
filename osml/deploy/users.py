"""The users of an environment's Cognito pool, who may sign in to its assistant."""

import secrets
import string
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure
from osml.place import Place
from osml.remote.stack import assistant
from settings.access import ROLES, Role

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef, UserTypeTypeDef

PASSWORD_CHARACTERS = 20
# A pool may require one character of each kind. No two characters look alike.
KINDS = ("abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", string.digits[2:], "-_.!+")


@dataclass(frozen=True)
class User:
    """`state` is Cognito's, e.g. `CONFIRMED`, or `FORCE_CHANGE_PASSWORD` before the first sign-in.

    `role` is the role whose group the user is in; None leaves it to the settings. `groups` are the user's other
    groups. `id` is the `sub` in the user's tokens.
    """

    email: str
    state: str
    role: Role | None = None
    groups: tuple[str, ...] = ()
    id: str = ""


class Users:
    """The pool of the environment of `place`. Raises Failure when its assistant is not deployed or has no pool."""

    def __init__(self, place: Place) -> None:
        settings = place.settings().assistant
        if settings is None:
            raise Failure(
                f"The environment {place.env} has no assistant to sign in to. Add the group assistant to "
                f"environments/{place.env}.yaml, then deploy again."
            )
        if settings.sign_in != "cognito":
            raise Failure(
                f"The environment {place.env} has no users, because assistant.sign_in is {settings.sign_in!r}. "
                "Only the sign-in cognito has users."
            )
        deployed = assistant(place)
        if deployed.user_pool_id is None:
            raise Failure(f"No user pool is deployed yet. Deploy it with `osml deploy {place.options}`.")
        self.others = settings.access.others
        self._pool = deployed.user_pool_id
        self._client = boto3.client("cognito-idp", region_name=deployed.region)

    def add(self, email: str, password: str | None) -> None:
        """Adds a user. Without `password`, Cognito generates one for the first sign-in and mails it to the address.

        Raises Failure when the user exists or the pool refuses the password; then nobody is added.
        """
        tried = f"Adding {email}"
        attributes: list[AttributeTypeTypeDef] = [
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
        ]
        try:
            if password is None:
                self._client.admin_create_user(
                    UserPoolId=self._pool, Username=email, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"]
                )
                return
            self._client.admin_create_user(
                UserPoolId=self._pool, Username=email, UserAttributes=attributes, MessageAction="SUPPRESS"
            )
        except self._client.exceptions.UsernameExistsException:
            raise Failure(
                f"{email} is already a user. `osml user change` gives another role or other groups; to add the user "
                f"again, remove it first."
            ) from None
        except (ClientError, BotoCoreError) as error:
            raise _failed(tried, error) from None
        try:
            self._client.admin_set_user_password(
                UserPoolId=self._pool, Username=email, Password=password, Permanent=True
            )
        except (ClientError, BotoCoreError) as error:
            self.remove(email)
            raise _failed(tried, error) from None

    def change(self, email: str, role: Role | None, groups: Collection[str] | None) -> None:
        """Gives a user this role and exactly these groups; None leaves either as it is.

        A token keeps the old role and groups until it expires, after at most an hour. Raises Failure; some of the
        changes may then be done, and the same call again does the rest.
        """
        tried = f"Changing the groups of {email}"
        if odd := {*ROLES} & {*(groups or ())}:
            raise Failure(f"{min(odd)!r} is a role, not a group of documents. Nothing was changed. Use --role for it.")
        with self._calls(tried):
            pages = self._client.get_paginator("admin_list_groups_for_user")
            pages_of_users = pages.paginate(UserPoolId=self._pool, Username=email)
            present = {group["GroupName"] for page in pages_of_users for group in page["Groups"]}
            roles, others = (
                ({role} if role else present & {*ROLES}),
                present - {*ROLES} if groups is None else {*groups},
            )
            wanted = roles | others
            # Rights are removed before others are added.
            for name in sorted(present - wanted):
                self._client.admin_remove_user_from_group(UserPoolId=self._pool, Username=email, GroupName=name)
            for name in sorted(wanted - present):
                self._join(email, name)

    def forget_factor(self, email: str) -> None:
        """Lets a user sign in without the code of their authenticator app; raises Failure."""
        with self._calls(f"Switching off the second factor of {email}"):
            self._client.admin_set_user_mfa_preference(
                UserPoolId=self._pool,
                Username=email,
                SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False},
            )

    def _join(self, email: str, group: str) -> None:
        """Add the user to the group; create the group if it does not exist."""
        member = {"UserPoolId": self._pool, "Username": email, "GroupName": group}
        try:
            self._client.admin_add_user_to_group(**member)
        except self._client.exceptions.ResourceNotFoundException:
            self._client.create_group(GroupName=group, UserPoolId=self._pool)
            self._client.admin_add_user_to_group(**member)

    def list(self) -> Iterator[User]:
        """All users, in Cognito's order. Raises Failure."""
        with self._calls("Listing the users"):
            groups: dict[str, list[str]] = {}
            for page in self._client.get_paginator("list_groups").paginate(UserPoolId=self._pool):
                for group in page["Groups"]:
                    name = group["GroupName"]
                    members = self._client.get_paginator("list_users_in_group")
                    for some in members.paginate(UserPoolId=self._pool, GroupName=name):
                        for member in some["Users"]:
                            groups.setdefault(member["Username"], []).append(name)
            for users in self._client.get_paginator("list_users").paginate(UserPoolId=self._pool):
                for user in users["Users"]:
                    theirs = groups.get(user["Username"], [])
                    role = next((role for role in reversed(ROLES) if role in theirs), None)
                    others = tuple(sorted(their for their in theirs if their not in ROLES))
                    yield User(_email(user), user["UserStatus"], role, others, _attribute(user, "sub"))

    @contextmanager
    def _calls(self, tried: str) -> Iterator[None]:
        """Turns errors of Cognito into a Failure whose sentence begins with `tried`."""
        try:
            yield
        except self._client.exceptions.UserNotFoundException:
            raise Failure(f"{tried} failed: there is no such user. Add them with `osml user add`.") from None
        except (ClientError, BotoCoreError) as error:
            raise _failed(tried, error) from None

    def remove(self, email: str) -> None:
        """Removes a user; the user's last token stays valid until it expires.

        Raises Failure when there is no such user.
        """
        try:
            self._client.admin_delete_user(UserPoolId=self._pool, Username=email)
        except self._client.exceptions.UserNotFoundException:
            raise Failure(f"{email} is not a user. Nothing was removed.") from None
        except (ClientError, BotoCoreError) as error:
            raise _failed(f"Removing {email}", error) from None


def made_up_password() -> str:
    """A random password with characters of every kind."""
    chosen = [secrets.choice(kind) for kind in KINDS]
    chosen += [secrets.choice("".join(KINDS)) for _ in range(PASSWORD_CHARACTERS - len(KINDS))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def _email(user: "UserTypeTypeDef") -> str:
    return _attribute(user, "email") or user["Username"]


def _attribute(user: "UserTypeTypeDef", name: str) -> str:
    return next((each.get("Value", "") for each in user.get("Attributes", []) if each["Name"] == name), "")


def _failed(tried: str, error: Exception) -> Failure:
    return Failure(f"{tried} failed: {error}")
