"""The caller: API Gateway writes it into the request's context, which callers of the API cannot change.

One setting of the environment, `assistant.access`, gives callers their roles and groups: by groups of the user pool,
ARNs of IAM roles and users, or names of API keys.

A direct caller of a function writes the whole event, and can name any caller in it. Operators on a collection may call
the functions only by their aliases for operators; Lambda writes the alias into the call's own context. API Gateway's
events never contain `buffered`, which the command line sends.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rag.caller import OPERATOR, OPERATORS, Caller
from rag.failures import Forbidden, RagFailure
from rag.own_settings import is_for_operators
from settings.access import ROLES, Role
from settings.runtime_settings import RuntimeAccess

_ASSUMED = re.compile(r"arn:([a-z-]+):sts::([0-9]{12}):assumed-role/([^/]+)/(.+)")
_ROLE = re.compile(r"(arn:[a-z-]+:iam::[0-9]{12}:role/)(?:.*/)?([^/]+)")
# IAM Identity Center names a session after the person; no caller chooses the name.
_CENTER = "AWSReservedSSO_"


class Anonymous(RagFailure):
    """The request names no caller; the API's authorizer should have refused it."""

    status = 401
    cause = "not-signed-in"


def caller(event: Mapping[str, Any], function_arn: str, access: RuntimeAccess) -> Caller:
    """The caller with role and groups.

    Raises `Anonymous` if an event of the API names no caller, and `Forbidden` if the caller has no role or an id that
    means the operators. If `function_arn` is the alias for operators, the caller is an operator, regardless of the
    event.
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
        own = pool | frozenset(_of_provider(claims.get(access.group_attribute)) if access.group_attribute else ())
        # Only groups of the pool give the role of the same name: other sources of groups must not make owners.
        roles = [role for role in ROLES if role in pool]
        id, names, shared, name = str(claims["sub"]), own, False, _name(claims)
    elif authorizer.get("sub"):
        # From the function `authorize`, which has checked the token of another issuer.
        own = frozenset(_of_authorize(str(authorizer.get("groups") or "")))
        id, names, shared = str(authorizer["sub"]), own, False
    elif identity.get("userArn"):
        id, names, shared = _identity(str(identity["userArn"]), str(identity.get("caller") or ""))
    elif identity.get("apiKeyId"):
        id = str(identity["apiKeyId"])
        names, shared = frozenset(name for key, name in access.keys if key == id), True
    else:
        raise Anonymous("You are not signed in. Sign in, or send the API key, and try again.")
    if id == OPERATORS:
        # Issuers choose the claim `sub`. Operators have no quota, and their documents are trusted.
        raise Forbidden(
            f"The claim sub of your token is {OPERATORS!r}, which means the operators of this environment. Ask the "
            "administrator of your identity provider for another one."
        )
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


def named(event: Mapping[str, Any], access: RuntimeAccess) -> str:
    """The name of the caller of an event for other owners: a verified mail address, the name of a key, or an ARN."""
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
    """An operator. With `groups` in the event, they see only what these groups may see."""
    groups = event.get("groups")
    return OPERATOR if groups is None else Caller(OPERATOR.id, "reader", frozenset(groups), shared=True)


def _identity(arn: str, unique: str) -> tuple[str, frozenset[str], bool]:
    """The id of an IAM identity, its ARN as in the settings, and whether it may be several people.

    For a session of a role, the id is IAM's unique id of the role, which no later role of that name gets. The name of a
    session proves nothing, because the caller who assumes a role chooses it. Only for roles of IAM Identity Center, the
    name identifies a person. API Gateway does not pass on the source identity.
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
    """The name of a person of the pool for others: the mail address if the pool has verified it, or the user name."""
    checked = str(claims.get("email_verified")).lower() == "true"
    return str((claims.get("email") if checked else None) or claims.get("cognito:username") or "")


def _any(names: Iterable[str], members: Iterable[str]) -> bool:
    """Whether a name is one of the members; in ARNs, `*` means any characters."""
    patterns = [re.compile(_pattern(member)) for member in members]
    return any(pattern.fullmatch(name) for name in names for pattern in patterns)


def _pattern(member: str) -> str:
    if not member.startswith("arn:"):
        return re.escape(member)
    # The ARN of an assumed role does not contain the role's path; names of roles are unique in an account.
    of_role = _ROLE.fullmatch(member)
    return re.escape(of_role[1] + of_role[2] if of_role else member).replace(r"\*", ".*")


def _of_authorize(groups: str) -> list[str]:
    """The groups as the function `authorize` sends them: as JSON, so that no name is read as another one.

    For five minutes after a deploy, API Gateway may pass on a cached decision of an earlier version: names with commas.
    """
    try:
        names = json.loads(groups)
    except ValueError:
        names = None
    return [str(name) for name in names] if isinstance(names, list) else _listed(groups)


def _of_provider(value: Any) -> list[str]:
    """The groups in an attribute of the pool, one text: `a`, `a,b`, `[a, b]` of SAML, or JSON of OpenID Connect.

    Nothing else is taken off a name, because another group may have the name that is left: `"hr"` is not `hr`, and a
    text with one bracket is one name.
    """
    text = str(value or "").strip()
    if text[:1] != "[" and text[-1:] != "]":
        return _listed(text)
    if text[:1] != "[" or text[-1:] != "]":
        return [text]
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return [name for name in names if name.strip()]
    return _listed(text[1:-1])


def _listed(value: Any) -> list[str]:
    """The groups in a claim of the pool: API Gateway joins their names with commas."""
    parts = map(str, value) if isinstance(value, list) else (part.strip() for part in str(value or "").split(","))
    return [part for part in parts if part]
