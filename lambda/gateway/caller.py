"""The caller: API Gateway writes it into the request's context, which callers of the API cannot change.

One table, `assistant.access` of the environment, says who has which role and is in which group: by groups of the user
pool, ARNs of IAM roles and users, or names of API keys.

A direct caller of a function writes the whole event and can name any caller. Operators on a collection may call the
functions by their aliases alone, which Lambda puts into the call's own context. API Gateway's events never have
`buffered`, with which the command line names itself.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rag.caller import OPERATOR, Caller
from rag.failures import Forbidden, RagFailure
from rag.own_settings import is_for_operators
from settings.access import ROLES, Role
from settings.runtime_settings import ToldAccess

_ASSUMED = re.compile(r"arn:([a-z-]+):sts::([0-9]{12}):assumed-role/([^/]+)/(.+)")
_ROLE = re.compile(r"(arn:[a-z-]+:iam::[0-9]{12}:role/)(?:.*/)?([^/]+)")
# IAM Identity Center names a session after the person; no caller chooses the name.
_CENTER = "AWSReservedSSO_"


class Anonymous(RagFailure):
    """The request names no caller; the API's authorizer should have refused it."""

    status = 401
    cause = "not-signed-in"


def caller(event: Mapping[str, Any], function_arn: str, access: ToldAccess) -> Caller:
    """The caller with role and groups; raises `Anonymous` for an event of the API that names nobody, and `Forbidden`.

    Whoever calls the alias for operators, by `function_arn`, is one, whatever the event says.
    """
    if is_for_operators(function_arn) or event.get("buffered"):
        return _operator(event)
    context = event.get("requestContext") or {}
    identity = context.get("identity") or {}
    authorizer = context.get("authorizer") or {}
    claims = authorizer.get("claims") or {}
    own, name = frozenset[str](), ""
    roles = list[Role]()
    if claims.get("sub"):
        pool = frozenset(_listed(claims.get("cognito:groups")))
        own = pool | frozenset(_listed(claims.get(access.group_attribute)) if access.group_attribute else ())
        # Of the pool alone: whoever names groups elsewhere makes no owner.
        roles = [role for role in ROLES if role in pool]
        id, names, shared, name = str(claims["sub"]), own, False, _name(claims)
    elif authorizer.get("sub"):
        # Of the function `authorize`, which has checked the token of another issuer.
        own = frozenset(_listed(authorizer.get("groups")))
        id, names, shared = str(authorizer["sub"]), own, False
    elif identity.get("userArn"):
        id, names, shared = _identity(str(identity["userArn"]), str(identity.get("caller") or ""))
    elif identity.get("apiKeyId"):
        id = str(identity["apiKeyId"])
        names, shared = frozenset(name for key, name in access.keys if key == id), True
    else:
        raise Anonymous("You are not signed in. Sign in, or send the API key, and try again.")
    listed = {"reader": access.readers, "editor": access.editors, "owner": access.owners}
    roles += [role for role in ROLES if _any(names, listed[role])]
    role = max(roles, key=ROLES.index, default=access.others)
    if role == "nobody":
        raise Forbidden(
            "You are signed in, but only certain groups may use this environment, and you are in none of them. Ask "
            "its administrator to add you to a group that may read."
        )
    mapped = {group for group, members in access.groups.items() if _any(names, members)}
    return Caller(id, role, None if role == "owner" else own | mapped, shared, name)


def named(event: Mapping[str, Any], access: ToldAccess) -> str:
    """What other owners know the caller of an event by: a person's checked mail address, a key's name, an ARN."""
    context = event.get("requestContext") or {}
    claims = (context.get("authorizer") or {}).get("claims") or {}
    identity = context.get("identity") or {}
    key = str(identity.get("apiKeyId") or "")
    known = _name(claims) or identity.get("userArn") or dict(access.keys).get(key, key)
    return str(known or caller(event, "", access).id)


def digest(id: str) -> str:
    """A digest that distinguishes callers in logs without naming them."""
    return hashlib.sha256(id.encode()).hexdigest()[:16]


def _operator(event: Mapping[str, Any]) -> Caller:
    """An operator, who may ask with the sight of some `groups`."""
    groups = event.get("groups")
    return OPERATOR if groups is None else Caller(OPERATOR.id, "reader", frozenset(groups), shared=True)


def _identity(arn: str, unique: str) -> tuple[str, frozenset[str], bool]:
    """The id of an IAM identity, its ARN as in the settings, and whether it may be several people.

    A session of a role is known by the role, by IAM's unique id of it, which no later role of that name gets. Whoever
    assumes a role chooses the session's name, so the name says nothing, except of IAM Identity Center's roles. API
    Gateway does not tell the source identity.
    """
    assumed = _ASSUMED.fullmatch(arn)
    if not assumed:
        return unique.partition(":")[0] or arn, frozenset({arn}), False
    partition, account, role, session = assumed.groups()
    name = f"arn:{partition}:iam::{account}:role/{role}"
    known = unique.partition(":")[0] or name
    is_person = role.startswith(_CENTER)
    return f"{known}:{session}" if is_person else known, frozenset({name}), not is_person


def _name(claims: Mapping[str, Any]) -> str:
    """What others read of somebody of the pool: an address only if the pool has checked that it is theirs."""
    checked = str(claims.get("email_verified")).lower() == "true"
    return str((claims.get("email") if checked else None) or claims.get("cognito:username") or "")


def _any(names: Iterable[str], members: Iterable[str]) -> bool:
    """Whether a name is one of the members; in ARNs, `*` means any characters."""
    patterns = [re.compile(_pattern(member)) for member in members]
    return any(pattern.fullmatch(name) for name in names for pattern in patterns)


def _pattern(member: str) -> str:
    if not member.startswith("arn:"):
        return re.escape(member)
    # An assumed role does not tell its path; names of roles are unique in an account.
    of_role = _ROLE.fullmatch(member)
    return re.escape(of_role[1] + of_role[2] if of_role else member).replace(r"\*", ".*")


def _listed(value: Any) -> list[str]:
    """The groups in a claim, which is one text: `a,b`, `[a, b]` or `["a", "b"]`."""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value or "")
    parts = (part.strip().strip("\"'") for part in text.strip().removeprefix("[").removesuffix("]").split(","))
    return [part for part in parts if part]
