"""A user pool as a SAML 2.0 service provider: the request to the identity provider, and the check of its response.

The library python3-saml checks the response: the signature by a certificate of the metadata, the schema, the issuer,
the times, the destination and the recipient. It accepts a response without InResponseTo or without an audience. If the
sign-in began at the pool, Cognito accepts neither.
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp.html
"""

import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from lxml import etree
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser as Metadata
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from sandbox.cloud.sign_in_refused import SignInRefused

SECONDS = 30
# https://docs.aws.amazon.com/cognito/latest/developerguide/saml2-idpresponse-endpoint.html
MOST_CHARACTERS = 100_000
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def metadata(details: Mapping[str, str]) -> str:
    """The provider's metadata, from the details or from the address in them; raises SignInRefused."""
    content = details.get("MetadataFile") or _fetched(details.get("MetadataURL", ""))
    provider = _provider(content)
    if not provider.get("entityId") or not (provider.get("x509cert") or provider.get("x509certMulti")):
        raise SignInRefused("The SAML metadata name no entity, or no certificate for signatures.")
    if not provider.get("singleSignOnService"):
        raise SignInRefused("The SAML metadata have no SingleSignOnService with the binding HTTP-Redirect.")
    return content


def request_address(metadata: str) -> str:
    """The provider's URL for requests; raises SignInRefused."""
    return str(_provider(metadata)["singleSignOnService"]["url"])


def entity(pool_id: str) -> str:
    """The entity id of the pool, which the provider's assertions must name as their audience."""
    return f"urn:amazon:cognito:sp:{pool_id}"


def request_url(metadata: str, pool_id: str, acs: str, relay_state: str) -> tuple[str, str]:
    """The URL at which the user signs in, and the id of the request, which the response must name."""
    request = OneLogin_Saml2_Authn_Request(_settings(metadata, pool_id, acs))
    query = urlencode({"SAMLRequest": request.get_request(), "RelayState": relay_state})
    address = request_address(metadata)
    return f"{address}{'&' if '?' in address else '?'}{query}", request.get_id()


def person(metadata: str, pool_id: str, acs: str, content: str, request_id: str) -> tuple[str, dict[str, list[str]]]:
    """The NameID and the attributes in the response to the request; raises SignInRefused."""
    if len(content) > MOST_CHARACTERS:
        raise SignInRefused(f"The SAML response has more than {MOST_CHARACTERS} characters.")
    address = urlsplit(acs)
    here = {"https": "on", "http_host": address.netloc, "script_name": address.path}
    try:
        response = OneLogin_Saml2_Response(_settings(metadata, pool_id, acs), content)
        response.is_valid(here, request_id, raise_exceptions=True)
        if response.get_in_response_to() != request_id:
            raise SignInRefused("The response answers no request of this user pool (InResponseTo).")
        if entity(pool_id) not in response.get_audiences():
            raise SignInRefused(f"The assertion has no audience {entity(pool_id)}.")
        return str(response.get_nameid() or ""), response.get_attributes()
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, etree.LxmlError, ValueError) as reason:
        raise SignInRefused(f"{reason}".rstrip(".") + ".") from reason


def _settings(metadata: str, pool_id: str, acs: str) -> OneLogin_Saml2_Settings:
    service = {
        "entityId": entity(pool_id),
        "assertionConsumerService": {"url": acs},
        "NameIDFormat": PERSISTENT,
    }
    security = {"requestedAuthnContext": False, "wantAttributeStatement": False}
    provider = _provider(metadata)
    return OneLogin_Saml2_Settings({"strict": True, "sp": service, "idp": provider, "security": security})


def _provider(content: str) -> dict[str, Any]:
    try:
        provider: dict[str, Any] = Metadata.parse(content.encode()).get("idp") or {}
    except (etree.LxmlError, ValueError) as reason:
        raise SignInRefused(f"The SAML metadata are not valid XML: {reason}.") from reason
    return provider


def _fetched(address: str) -> str:
    if urlsplit(address).scheme != "https":
        raise SignInRefused("The SAML provider has neither MetadataFile nor an https address in MetadataURL.")
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - https
            content: bytes = answer.read()
            return content.decode()
    except (OSError, ValueError) as reason:
        raise SignInRefused(f"The SAML metadata at {address} cannot be read: {reason}.") from reason
