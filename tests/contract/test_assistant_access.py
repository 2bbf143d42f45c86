"""The permissions that the assistant's functions are given suffice on a real engine, and not for more."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mlcommons import Client, HttpTransport
from rag.caller import OPERATOR
from rag.documents import delete, listed
from rag.failures import AssistantRefused
from rag.health import health
from rag.parts import assembled
from rag.search import Page
from stacks.assistant_needs import NEEDS
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import SECONDS, Shop
from tests.contract.kinds_engine import RoleHeaders

engine_transport, models, shop = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shop
LONG = " ".join(f"Sentence number {number} tells of the lighthouse." for number in range(20))


@pytest.fixture(scope="module")
def functions(shop: Shop) -> Iterator[dict[str, Shop]]:
    """The assistant as each of its functions, with the role of that function alone."""
    url, ca, *admin = (os.environ[f"OSML_TEST_{name}"] for name in ("ENGINE_URL", "CA", "ADMIN_CERT", "ADMIN_KEY"))
    client = Client(HttpTransport(url, verify=ca, cert=(admin[0], admin[1])))
    index, made = shop.parts.settings.index.name, {}
    names = {part: f"{part}-{uuid.uuid4().hex[:8]}" for part in NEEDS}
    for part, name in names.items():
        role = {
            "cluster_permissions": [*NEEDS[part].cluster],
            "index_permissions": [{"index_patterns": [index], "allowed_actions": [*NEEDS[part].index]}],
        }
        client.put(f"/_plugins/_security/api/roles/{name}", role)
        client.put(f"/_plugins/_security/api/rolesmapping/{name}", {"backend_roles": [f"arn:{name}"]})
        made[part] = replace(shop, parts=assembled(shop.parts.settings, RoleHeaders(f"arn:{name}")))
    yield made
    for name in names.values():
        client.delete(f"/_plugins/_security/api/rolesmapping/{name}")
        client.delete(f"/_plugins/_security/api/roles/{name}")


def test_documents_may_be_stored_replaced_listed_and_removed(functions: dict[str, Shop]) -> None:
    documents = functions["documents"]
    for text, passages in ((LONG, 5), ("One lighthouse.", 1)):
        assert [(document.status, document.passages) for document in documents.store(("a", text)).documents] == [
            ("stored", passages)
        ]
    assert [document.id for document in listed(Page(10), SECONDS, OPERATOR, documents.parts).documents] == ["a"]
    assert health(SECONDS, documents.parts).status == "ok"
    assert delete("a", SECONDS, OPERATOR, documents.parts).passages == 1


def test_questions_may_be_asked_and_nothing_stored(functions: dict[str, Shop]) -> None:
    functions["documents"].store(("boston", "In 2023, 4,327,000 people lived in Boston."))
    ask = functions["ask"]
    first = ask.ask("How many people lived in Boston in 2023?")
    assert "4,327,000" in str(first.answer)
    assert ask.ask("And who lived in Boston?", conversation_id=first.conversation_id).grounded
    assert ask.store(("a", "A.")).failed == 1
    with pytest.raises(AssistantRefused):
        delete("boston", SECONDS, OPERATOR, ask.parts)
