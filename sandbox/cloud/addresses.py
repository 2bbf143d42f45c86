"""Addresses on this machine for Amazon's host names: templates contain Amazon's names, deployed objects get these.

https://<id>.execute-api.<region>.amazonaws.com/<stage>    →  https://127.0.0.1:<port>/_aws/execute-api/<id>/<stage>
https://<prefix>.auth.<region>.amazoncognito.com/<path>    →  https://127.0.0.1:<port>/_aws/<that host>/<path>
https://cognito-idp.<region>.amazonaws.com/                →  https://127.0.0.1:<port>/

They replace Amazon's addresses in the variables of functions, in headers of gateway responses, in the URLs of user pool
clients, in resource servers and their scopes, and in the outputs of stacks.
MiniStack 1.5.33 keeps Amazon's names, which no browser can resolve.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

API = re.compile(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?![\w.-])")
SIGN_IN = re.compile(r"https://([a-z0-9-]+\.auth\.[a-z0-9-]+\.amazoncognito\.com)(?![\w.-])")
POOLS = re.compile(r"https://cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?=/$)")
REWRITTEN = {
    "AWS::Lambda::Function": ("Environment",),
    "AWS::ApiGateway::GatewayResponse": ("ResponseParameters",),
    "AWS::ApiGateway::Method": ("AuthorizationScopes",),
    "AWS::Cognito::UserPoolClient": ("AllowedOAuthScopes", "CallbackURLs", "LogoutURLs", "DefaultRedirectURI"),
    "AWS::Cognito::UserPoolResourceServer": ("Identifier",),
}


def install(gateway: str) -> None:
    """Wraps the handlers of the types in `REWRITTEN` and the resolution of outputs; once per process.

    `gateway` is `https://127.0.0.1:<port>`.
    """
    for resource_type, properties in REWRITTEN.items():
        handlers = provisioners._RESOURCE_HANDLERS[resource_type]
        for verb in ("create", "update"):
            handlers[verb] = _translating(handlers[verb], properties, gateway)
    resolve = stacks._resolve_stack_outputs

    def _resolve_stack_outputs(*args: Any, **kwargs: Any) -> Any:
        return local(list(resolve(*args, **kwargs)), gateway)

    stacks._resolve_stack_outputs = _resolve_stack_outputs


def local(value: Any, gateway: str) -> Any:
    """A copy of the value in which every address of Amazon, at any depth, is the address on this machine."""
    if isinstance(value, str):
        reachable = SIGN_IN.sub(rf"{gateway}/_aws/\1", API.sub(rf"{gateway}/_aws/execute-api/\1", value))
        return POOLS.sub(gateway, reachable)
    if isinstance(value, dict):
        return {key: local(part, gateway) for key, part in value.items()}
    if isinstance(value, list):
        return [local(part, gateway) for part in value]
    return value


def _translating(handler: Callable[..., Any], properties: tuple[str, ...], gateway: str) -> Callable[..., Any]:
    def with_outside_address(*args: Any, **kwargs: Any) -> Any:
        changed = [
            {**given, **{name: local(given[name], gateway) for name in properties if name in given}}
            if isinstance(given, dict)
            else given
            for given in args
        ]
        return handler(*changed, **kwargs)

    return with_outside_address
