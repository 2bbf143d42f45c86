"""The assistant's sign-in to the search engine: the function's own signature, or a name and password."""

from requests.auth import AuthBase, HTTPBasicAuth

from rag.budget import Budget
from rag.secret import StoredSecret
from rag.signature import signature
from settings.runtime_settings import RuntimeSearch


def sign_in(search: RuntimeSearch) -> AuthBase:
    """Credentials for the requests of this process. Raises `AssistantRefused`, or `RagFailure` of the secret."""
    if search.login is None:
        return signature(search.region, search.service)
    values = StoredSecret(search.login.secretArn)
    # Bytes, because requests would encode text as latin-1.
    name, password = (values.value(key, Budget(10)).encode() for key in (search.login.username, search.login.password))
    return HTTPBasicAuth(name, password)
