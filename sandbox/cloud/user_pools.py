"""Parts of a user pool that MiniStack 1.5.33 lacks: CloudFormation's users and login styles, checks of domain names."""

import json
import re
import secrets
from typing import Any

from ministack.services import cognito
from ministack.services.cloudformation import provisioners

from sandbox.cloud.template import Properties, generated_name

USER, STYLE = "AWS::Cognito::UserPoolUser", "AWS::Cognito::ManagedLoginBranding"
PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
RESERVED = ("aws", "amazon", "cognito")
USER_REQUEST = (
    "ClientMetadata",
    "DesiredDeliveryMediums",
    "ForceAliasCreation",
    "MessageAction",
    "UserAttributes",
    "UserPoolId",
    "ValidationData",
)


def install() -> None:
    """Registers the two types, and adds the check of domain names; once per process."""
    handlers = provisioners._RESOURCE_HANDLERS
    handlers[USER] = {"create": _create_user, "update": _replace_user, "delete": _delete_user}
    handlers[STYLE] = {"create": _create_style, "update": _update_style, "delete": _delete_style}
    create = cognito._create_user_pool_domain

    def _create_user_pool_domain(data: Properties) -> Any:
        refusal = None if data.get("CustomDomainConfig") else prefix_refusal(str(data.get("Domain", "")))
        return cognito.error_response_json("InvalidParameterException", refusal, 400) if refusal else create(data)

    cognito._create_user_pool_domain = _create_user_pool_domain


def prefix_refusal(prefix: str) -> str | None:
    """Why Cognito refuses the prefix of a domain; None if it is valid. Another pool may already use the prefix."""
    if not PREFIX.fullmatch(prefix):
        return f"The domain prefix {prefix!r} has to be 1 to 63 small letters, digits and inner hyphens."
    return next((f"Domain cannot contain reserved word: {word}" for word in RESERVED if word in prefix), None)


def styled(pool: Properties, client_id: str) -> bool:
    """Whether managed login has a style for the client."""
    return client_id in pool.get("_styles", {}).values()


def _create_user(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
    name = str(props.get("Username") or generated_name(stack_name, logical_id, 128))
    request = {key: props[key] for key in USER_REQUEST if key in props}
    status, _, body = cognito._admin_create_user({**request, "Username": name})
    if status >= 400:
        raise ValueError(f"The user {name} could not be made: {json.loads(body).get('message')}")
    return name, {}


def _replace_user(_physical_id: str, _old: Properties, props: Properties, stack_name: str) -> tuple[str, Properties]:
    return _create_user("User", props, stack_name)


def _delete_user(physical_id: str, props: Properties) -> None:
    cognito._admin_delete_user({"UserPoolId": props["UserPoolId"], "Username": physical_id})


def _create_style(_logical_id: str, props: Properties, _stack_name: str) -> tuple[str, Properties]:
    pool = cognito._user_pools.get(props["UserPoolId"])
    client = str(props.get("ClientId"))
    if pool is None or client not in pool["_clients"]:
        raise ValueError(f"The user pool {props['UserPoolId']} has no client {client}: a style belongs to a client.")
    if styled(pool, client):
        raise ValueError(f"A managed login branding style already exists for client {client}.")
    identifier = secrets.token_hex(16)
    pool.setdefault("_styles", {})[identifier] = client
    return f"{props['UserPoolId']}|{identifier}", {"ManagedLoginBrandingId": identifier}


def _update_style(physical_id: str, old: Properties, props: Properties, stack_name: str) -> tuple[str, Properties]:
    if any(old.get(key) != props.get(key) for key in ("UserPoolId", "ClientId")):
        return _create_style("", props, stack_name)
    return physical_id, {"ManagedLoginBrandingId": physical_id.rpartition("|")[2]}


def _delete_style(physical_id: str, _props: Properties) -> None:
    pool_id, _, identifier = physical_id.rpartition("|")
    (cognito._user_pools.get(pool_id) or {}).get("_styles", {}).pop(identifier, None)
