"""Users of a pool who come from an identity provider: their names, and their attributes by the provider's mapping.

Names and the text for a SAML list are Amazon's. The text for a list of OpenID Connect is an assumption. Error messages
are Amazon's if they are documented or reported:
the name: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
`[a, b]` of SAML: https://github.com/oauth2-proxy/oauth2-proxy/issues/1765
an attribute that the pool lacks: https://github.com/aws-samples/aws-genai-llm-chatbot/issues/636
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import cognito

from sandbox.cloud.sign_in_refused import SignInRefused

Record = dict[str, Any]
LONGEST = 2048


def signed_in(
    pool_id: str, pool: Record, client: Record, provider: Record, identifier: str, said: Mapping[str, Any]
) -> str:
    """Creates or updates the user from the provider's claims `said`; returns the user's name. Raises SignInRefused."""
    if not identifier:
        raise SignInRefused("The identity provider names nobody.")
    attributes = _mapped(pool, client, provider["AttributeMapping"], said)
    name = f"{provider['ProviderName']}_{identifier}"
    user = pool["_users"].get(name)
    now = cognito._now_epoch()
    if user is not None:
        if not user.get("Enabled", True):
            raise SignInRefused("User is disabled.")
        cognito._merge_federated_attrs(user, attributes, now)
        return name
    user = {
        "Username": name,
        "Attributes": cognito._dict_to_attr_list({**attributes, "sub": cognito.new_uuid()}),
        "UserCreateDate": now,
        "UserLastModifiedDate": now,
        "Enabled": True,
        "UserStatus": "EXTERNAL_PROVIDER",
        "MFAOptions": [],
        "_password": "",
        "_groups": [],
        "_tokens": [],
    }
    pool["_users"][name] = user
    pool["EstimatedNumberOfUsers"] = len(pool["_users"])
    cognito._start_federated_profile(pool, pool_id, user, provider["ProviderName"], identifier)
    return name


def _mapped(pool: Record, client: Record, mapping: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, str]:
    schema = {attribute["Name"]: attribute for attribute in pool["SchemaAttributes"]}
    writable = client.get("WriteAttributes") or list(schema)
    # If the provider leaves out a claim, its attribute becomes empty.
    given = {name: _text(said[claim]) if claim in said else "" for name, claim in mapping.items() if name != "username"}
    for name, value in given.items():
        if name not in schema:
            raise SignInRefused(f"Invalid user attributes: Type for attribute {{{name}}} could not be determined")
        if name not in writable:
            raise SignInRefused(f"Invalid user attributes: {name}: Attribute cannot be updated.")
        longest = int((schema[name].get("StringAttributeConstraints") or {}).get("MaxLength") or LONGEST)
        if len(value) > longest:
            raise SignInRefused(f"Invalid user attributes: {name}: String cannot be longer than {longest} characters.")
    missing = [
        name
        for name, attribute in schema.items()
        if attribute.get("Required") and name != "sub" and not given.get(name)
    ]
    if missing:
        raise SignInRefused(f"attributes required: [{', '.join(missing)}]")
    return given


def _text(value: Any) -> str:
    if isinstance(value, SamlValues):
        return value[0] if len(value) == 1 else f"[{', '.join(value)}]"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


class SamlValues(list[str]):
    """The values of one attribute of an assertion."""
