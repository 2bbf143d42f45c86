"""Identity providers of user pools: CloudFormation's type, which MiniStack 1.5.33 lacks, and Cognito's look-ups.

Cognito reads a provider's metadata when the provider is created or updated, and refuses a provider without readable
metadata. It shows the result in ProviderDetails: see the operation CreateIdentityProvider in
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference. Amazon reads SAML metadata again every six
hours. Here only an update of the provider reads it again.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cognito
from ministack.services.cloudformation import provisioners

from sandbox.cloud import oidc, saml
from sandbox.cloud.sign_in_refused import SignInRefused
from sandbox.cloud.template import Properties

TYPE = "AWS::Cognito::UserPoolIdentityProvider"
CREATED = ("ProviderDetails", "AttributeMapping", "IdpIdentifiers")
# The key in a pool's record for the metadata of its SAML providers, which Cognito does not show.
METADATA = "_saml_metadata"
Operation = Callable[[Properties], Any]


def install() -> None:
    """Registers the type and wraps the operations; once per process."""
    provisioners._RESOURCE_HANDLERS[TYPE] = {"create": _create, "update": _update, "delete": _delete}
    for name in ("_create_identity_provider", "_update_identity_provider"):
        setattr(cognito, name, _looked_up(getattr(cognito, name)))


def _looked_up(operation: Operation) -> Operation:
    """The operation, which gets the details that Cognito reads; it is refused if Cognito cannot read them."""

    def checked(data: Properties) -> Any:
        pool = cognito._user_pools.get(data.get("UserPoolId")) or {}
        known = pool.get("_identity_providers", {}).get(data.get("ProviderName")) or {}
        refusal = _unknown_attribute(pool, data.get("AttributeMapping") or {})
        if refusal is None and "ProviderDetails" in data:
            try:
                completed = _discovered(pool, str(data.get("ProviderType") or known.get("ProviderType")), data)
                data = {**data, "ProviderDetails": {**data["ProviderDetails"], **completed}}
            except SignInRefused as reason:
                refusal = str(reason)
        return cognito.error_response_json("InvalidParameterException", refusal, 400) if refusal else operation(data)

    return checked


def _discovered(pool: Properties, kind: str, data: Properties) -> dict[str, str]:
    details = data["ProviderDetails"]
    if kind == "OIDC":
        return oidc.endpoints(details)
    if kind != "SAML":
        return {}
    metadata = saml.metadata(details)
    pool.setdefault(METADATA, {})[data["ProviderName"]] = metadata
    return {"SSORedirectBindingURI": saml.request_address(metadata)}


def _unknown_attribute(pool: Properties, mapping: Mapping[str, str]) -> str | None:
    known = {"username", *(attribute["Name"] for attribute in pool.get("SchemaAttributes", []))}
    missing = sorted(set(mapping) - known)
    return f"Invalid AttributeMapping: the user pool has no attribute {missing[0]}." if missing else None


def _create(_logical_id: str, props: Properties, _stack_name: str) -> tuple[str, Properties]:
    named = {"ProviderName": props["ProviderName"], "ProviderType": props["ProviderType"]}
    _called(cognito._create_identity_provider, {**_request(props), **named})
    return str(props["ProviderName"]), {}


def _update(physical_id: str, old: Properties, props: Properties, stack_name: str) -> tuple[str, Properties]:
    if any(old.get(key) != props.get(key) for key in ("UserPoolId", "ProviderName", "ProviderType")):
        return _create("", props, stack_name)
    _called(cognito._update_identity_provider, {**_request(props), "ProviderName": physical_id})
    return physical_id, {}


def _delete(physical_id: str, props: Properties) -> None:
    cognito._delete_identity_provider({"UserPoolId": props["UserPoolId"], "ProviderName": physical_id})


def _request(props: Properties) -> Properties:
    return {"UserPoolId": props["UserPoolId"], **{key: props[key] for key in CREATED if key in props}}


def _called(operation: Operation, request: Properties) -> None:
    status, _, body = operation(request)
    if status >= 400:
        raise ValueError(f"The identity provider {request['ProviderName']} failed: {json.loads(body).get('message')}")
