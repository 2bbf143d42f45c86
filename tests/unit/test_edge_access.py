"""Who may do what: a request's context gives a role and groups, and these decide on a 403 with a sentence."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

import api
import ask
import stored_documents
from gateway.caller import Anonymous, caller
from gateway.routes import ASK, COMPLETIONS, MODELS, NEEDED, TOOLS
from rag import answering, documents, history, own_settings, rating, sharing, storing
from rag.caller import OPERATOR, Caller, Held
from rag.failures import Absent, Forbidden
from settings.access import ROLES, Role
from settings.runtime_settings import RuntimeAccess
from tests.unit.edge_requests import REQUEST_ID, SETTINGS, Context, event

OF_ASK = {ASK, COMPLETIONS, MODELS}
ARN = Context().invoked_function_arn
ROLE = "arn:aws:iam::111122223333:role"
ELSEWHERE = {"group_attribute": "custom:groups"}
EVE = "arn:aws:iam::111122223333:user/a/eve"
SESSION = "arn:aws:sts::111122223333:assumed-role"


def claims(groups: Any = None, **more: Any) -> dict[str, Any]:
    named = {} if groups is None else {"cognito:groups": groups}
    return {"authorizer": {"claims": {"sub": "s", **named, **more}}}


def identity(arn: str, unique: str = "") -> dict[str, Any]:
    return {"identity": {"userArn": arn, "caller": unique}}


def key(id: str) -> dict[str, Any]:
    return {"identity": {"apiKeyId": id}}


def called(context: dict[str, Any], **access: Any) -> Caller:
    return caller({"requestContext": {"requestId": "r", **context}}, ARN, RuntimeAccess.model_validate(access))


@pytest.mark.parametrize(
    ("context", "access", "role", "groups"),
    [
        # A caller without an entry is a reader without groups.
        (claims(), {}, "reader", set()),
        (identity(f"{SESSION}/Team/ada"), {}, "reader", set()),
        (key("k1"), {}, "reader", set()),
        (claims(), {"others": "editor"}, "editor", set()),
        # Groups of the pool: names with commas between them; brackets and quotes belong to the names.
        (claims("editor"), {}, "editor", {"editor"}),
        (claims("reader,owner"), {}, "owner", None),
        (claims("hr, board,"), {}, "reader", {"hr", "board"}),
        (claims(["hr", "board"]), {}, "reader", {"hr", "board"}),
        (claims("[owner]"), {}, "reader", {"[owner]"}),
        (claims('"owner"'), {}, "reader", {'"owner"'}),
        (claims('["owner"]'), {}, "reader", {'["owner"]'}),
        (claims("loaders,x"), {"editors": ["loaders"], "owners": ["y"]}, "editor", {"loaders", "x"}),
        (claims("LOADERS"), {"editors": ["loaders"]}, "reader", {"LOADERS"}),
        (claims("a.c"), {"editors": ["abc", "a*"]}, "reader", {"a.c"}),
        # Groups of another provider: only the lists of the settings give them a role.
        (claims("hr", **{"custom:groups": "[owner, x]"}), ELSEWHERE, "reader", {"hr", "owner", "x"}),
        *(
            (claims(**{"custom:groups": text}), ELSEWHERE, "reader", groups)
            for text, groups in (
                ("hr", {"hr"}),
                ("hr board", {"hr board"}),
                ("hr,board", {"hr", "board"}),
                ("[hr, board]", {"hr", "board"}),
                ("[hr board]", {"hr board"}),
                ("[hr]", {"hr"}),
                ('["hr","board"]', {"hr", "board"}),
                ('["a, b", " c"]', {"a, b", " c"}),
                ("[]", set()),
                ("", set()),
                # Not lists of JSON: quotes and inner brackets belong to the names.
                ('"hr","board"', {'"hr"', '"board"'}),
                ("'hr'", {"'hr'"}),
                ("['hr', 'board']", {"'hr'", "'board'"}),
                ('[hr, "board"]', {"hr", '"board"'}),
                ('["hr", 7]', {'"hr"', "7"}),
                ("[7, 1e3]", {"7", "1e3"}),
                ("[[hr], board]", {"[hr]", "board"}),
                ('[["hr"]]', {'["hr"]'}),
                # A list that is not whole is no list.
                ("[hr, board", {"[hr, board"}),
                ("hr, board]", {"hr, board]"}),
                ("[" * 2000, {"[" * 2000}),
                ("[", {"["}),
            )
        ),
        (claims(**{"custom:groups": "staff"}), {}, "reader", set()),
        (claims(**{"custom:groups": "g-1"}), {**ELSEWHERE, "editors": ["g-1"]}, "editor", {"g-1"}),
        (claims("g-1"), {"groups": {"hr": ["g-1"], "law": ["g-2"]}}, "reader", {"g-1", "hr"}),
        # IAM: a role by its name, with any path; a user by the complete ARN.
        (identity(f"{SESSION}/Team/ada"), {"editors": [f"{ROLE}/Team"]}, "editor", set()),
        (identity(f"{SESSION}/Team/ada"), {"editors": [f"{ROLE}/hr/Team"]}, "editor", set()),
        (identity(f"{SESSION}/Teams/ada"), {"editors": [f"{ROLE}/Team"]}, "reader", set()),
        (identity(f"{SESSION}/Team-a/ada"), {"owners": [f"{ROLE}/Team-*"]}, "owner", None),
        (identity("arn:aws:sts::999988887777:assumed-role/Team/ada"), {"owners": [f"{ROLE}/Team"]}, "reader", set()),
        (identity(EVE), {"editors": [f"{ROLE}/eve"]}, "reader", set()),
        (
            identity(EVE),
            {"editors": [EVE], "groups": {"hr": [EVE.replace("ev", "*")]}},
            "editor",
            {"hr"},
        ),
        # Keys, by their names in the settings.
        (key("k1"), {"keys": [("k1", "load")], "editors": ["load"], "groups": {"hr": ["load"]}}, "editor", {"hr"}),
        (key("k2"), {"keys": [("k1", "load")], "editors": ["load", "k2"]}, "reader", set()),
    ],
)  # fmt: skip
def test_role_and_groups_come_from_the_table(
    context: dict[str, Any], access: dict[str, Any], role: Role, groups: set[str] | None
) -> None:
    known_caller = called(context, **access)
    assert (known_caller.role, known_caller.groups) == (role, None if groups is None else frozenset(groups))


@pytest.mark.parametrize(
    ("context", "id"),
    [
        (claims(), "s"),
        (key("k1"), "k1"),
        # Another session of the role is the same caller; a role that is made later with that name is another one.
        (identity(f"{SESSION}/Team/ada", "AROA1:ada"), "AROA1"),
        (identity(f"{SESSION}/Team/eve", "AROA1:eve"), "AROA1"),
        (identity(f"{SESSION}/Team/ada", "AROA2:ada"), "AROA2"),
        (identity(f"{SESSION}/Team/ada"), f"{ROLE}/Team"),
        (identity(f"{SESSION}/AWSReservedSSO_Hr_1/ada@b.c", "AROA3:ada@b.c"), "AROA3:ada@b.c"),
        (identity("arn:aws:iam::111122223333:user/a/eve", "AIDA1"), "AIDA1"),
    ],
)
def test_a_caller_is_known_by_what_nobody_else_can_take(context: dict[str, Any], id: str) -> None:
    assert called(context).id == id


@pytest.mark.parametrize(
    ("context", "shared"),
    [
        (claims("x"), False),
        (identity("arn:aws:iam::111122223333:user/a/eve", "AIDA1"), False),
        (identity(f"{SESSION}/AWSReservedSSO_Hr_1/ada@b.c", "AROA3:ada@b.c"), False),
        (identity(f"{SESSION}/Team/ada", "AROA1:ada"), True),
        ({"identity": {"apiKeyId": "k"}}, True),
    ],
)
def test_holders_of_a_key_and_sessions_of_a_role_may_be_several_people(context: dict[str, Any], shared: bool) -> None:
    assert called(context).shared is shared


def test_whom_the_table_does_not_name_may_be_refused() -> None:
    with pytest.raises(Forbidden, match=r"only certain groups.*Ask its administrator"):
        called(claims("x"), others="nobody", readers=["staff"])
    assert called(claims("staff"), others="nobody", readers=["staff"]).role == "reader"
    with pytest.raises(Anonymous):
        called({"identity": {"sourceIp": "192.0.2.1"}})


def test_an_operator_sees_everything_or_what_some_groups_see() -> None:
    assert caller({"buffered": True}, ARN, RuntimeAccess()) == OPERATOR
    identity = caller({"buffered": True, "groups": ["hr"]}, ARN, RuntimeAccess())
    assert identity == Caller(OPERATOR.id, "reader", frozenset({"hr"}), shared=True)


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ASSISTANT", json.dumps(SETTINGS))
    own_settings.settings.cache_clear()
    yield
    own_settings.settings.cache_clear()


def as_role(role: str) -> dict[str, Any]:
    return {"requestId": REQUEST_ID, "authorizer": {"claims": {"sub": "s", "cognito:groups": role}}}


def test_each_route_of_the_functions_has_a_role() -> None:
    assert {route.name for route in api.routes()} | OF_ASK | {TOOLS} == set(NEEDED)


def test_a_reader_changes_nothing() -> None:
    reads = {route for route, role in NEEDED.items() if role == "reader"} - {TOOLS}
    seen = ("me", "documents", "passages", "originals", "health", "openapi.json", "conversations", "conversations/{id}")
    own = {"PATCH /conversations/{id}", "DELETE /conversations/{id}", "PUT /feedback/{id}", "DELETE /feedback/{id}"}
    own |= {"POST /shares", "DELETE /shares/{id}"}
    assert reads == {*OF_ASK, *own, *(f"GET /{path}" for path in (*seen, "shares", "shares/{id}"))}


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", sorted(set(NEEDED) - {TOOLS}))
def test_who_may_less_gets_a_sentence_and_a_cause(route: str, role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []

    def reach(*_: Any, **__: Any) -> Any:
        reached.append(route)
        raise Absent("It is not there.")

    for name in ("store", "refuse_doubled"):
        monkeypatch.setattr(storing, name, reach)
    for name in ("listed", "shown", "delete"):
        monkeypatch.setattr(documents, name, reach)
    for name in ("listed", "shown", "renamed", "removed"):
        monkeypatch.setattr(history, name, reach)
    for name in ("rate", "withdraw", "listed"):
        monkeypatch.setattr(rating, name, reach)
    for name in ("share", "listed", "shown", "ended"):
        monkeypatch.setattr(sharing, name, reach)
    monkeypatch.setattr(stored_documents, "jobs", reach)
    monkeypatch.setattr(answering, "answer", reach)
    method, path = route.split(" ")
    fields = {"question": "Why?", "model": "osml", "messages": [{"role": "user", "content": "Why?"}]}
    of_route = {ASK: ["question"], COMPLETIONS: ["model", "messages"]}
    body: dict[str, Any] = {"documents": [{"id": "a", "text": "b"}]}
    if route == "POST /shares":
        body = {"conversation_id": "c-1"}
    if route in of_route:
        body = {name: fields[name] for name in of_route[route]}
    named = (
        {"id": "a", "document": "a"} if method != "POST" and path in ("/documents", "/passages", "/originals") else {}
    )
    many = {name: [value] for name, value in named.items()}
    body = {"PATCH": {"title": "Another"}, "PUT": {"rating": "up"}}.get(method, body)
    given = body if method in ("PATCH", "POST", "PUT") else None
    sent = event(method, path.replace("{id}", "0" * 32), given, requestContext=as_role(role))
    sent |= {"queryStringParameters": named or None, "multiValueQueryStringParameters": many or None}
    if route in OF_ASK:
        reply = ask.answer(sent, cast(Any, Context()))
        status, content = reply.status, json.loads(b"".join(reply.body))
    else:
        response = api.handler(sent, Context())
        status, content = response["statusCode"], json.loads(response["body"])
    allowed = ROLES.index(role) >= ROLES.index(NEEDED[route])
    assert (status != 403) == allowed
    if not allowed:
        assert (content["cause"], reached) == ("not-allowed", [])
        assert content["message"].startswith(f"Your role here is {role}")
        assert f"needs the role {NEEDED[route]}" in content["message"]


@pytest.mark.usefixtures("functions")
def test_a_wrong_request_of_somebody_who_may_not_send_it_is_a_403() -> None:
    response = api.handler(event("POST", "/documents", {"x": 1}, requestContext=as_role("reader")), Context())
    assert response["statusCode"] == 403


@pytest.mark.usefixtures("functions")
def test_everybody_learns_their_role() -> None:
    response = api.handler(event("GET", "/me", requestContext=as_role("editor,hr")), Context())
    assert json.loads(response["body"]) == {
        "role": "editor",
        "groups": ["editor", "hr"],
        "history": False,  # in the engine's memory
        "feedback": None,
        "quota": None,
        "models": [],
        "prompts": False,
        "sharing": None,
    }
    owner = json.loads(api.handler(event("GET", "/me"), Context())["body"])
    assert (owner["role"], owner["groups"]) == ("owner", None)


@pytest.mark.parametrize(
    ("who", "loaders", "may"),
    [
        (Caller("a", "reader"), {"a"}, False),
        (Caller("a", "editor"), {"a"}, True),
        (Caller("a", "editor"), {"b"}, False),
        # Loaded by operators, the drop or an earlier version; or partly by another person.
        (Caller("a", "editor"), {""}, False),
        (Caller("a", "editor"), {"a", ""}, False),
        (Caller("a", "owner", None), {"b"}, True),
        (OPERATOR, {""}, True),
    ],
)
def test_a_document_is_ones_own_if_nobody_else_loaded_a_part(who: Caller, loaders: set[str], may: bool) -> None:
    assert who.changes(Held(frozenset(), frozenset(loaders))) is may
