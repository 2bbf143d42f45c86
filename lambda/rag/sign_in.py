"""The assistant's sign-in to the search engine: the function's own signature, or a name and password."""

from base64 import b64encode
from functools import partial
from typing import Any

from rag.budget import Budget
from rag.secret import StoredSecret
from rag.signature import signature
from rag.wire import Auth
from settings.runtime_settings import RuntimeSearch


def sign_in(search: RuntimeSearch) -> Auth:
    """Credentials for the requests of this process. Raises `AssistantRefused`, or `RagFailure` of the secret."""
    if search.login is None:
        return signature(search.region, search.service)
    values = StoredSecret(search.login.secretArn)
    name, password = (values.value(key, Budget(10)) for key in (search.login.username, search.login.password))
    return partial(_with_password, f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}")


def _with_password(header: str, request: Any) -> Any:
    request.headers["Authorization"] = header
    return request
