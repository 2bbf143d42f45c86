"""Functions with an exec wrapper, and streamed answers, in the real cloud process."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.cloud_process import DRIVER, Cloud, running
from tests.contract.streaming_function import (
    CLIENT,
    INDEX,
    PLAIN,
    WRAPPER,
    api,
    asset,
    client,
    create,
    own_processes,
    post,
    streaming_asset,
)
from tests.waiting import PATIENCE, until

# The log of a call is complete when its function has ended, however long that takes.
PATIENT = """from sandbox.cloud.server import run
from sandbox.cloud import exec_wrapper
exec_wrapper.LAST_LINES = 600.0
"""
DRIVEN = DRIVER.replace("from sandbox.cloud.server import run\n", PATIENT)
PIECES = b"".join(b"piece %d\n" % number for number in range(1, 6))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud"), DRIVEN) as process:
        yield process


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    return create(cloud, "streams", streaming_asset())


@pytest.fixture(scope="module")
def ask(cloud: Cloud, function: str) -> str:
    """The URL of `POST /ask`, a streamed method."""
    return deployed(cloud, api(function))


def deployed(cloud: Cloud, resources: dict[str, Any]) -> str:
    stack = cloud.deploy(resources, {"Api": {"Ref": "Api"}})
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    return f"{cloud.gateway}/_aws/execute-api/{settled['values']['Api']}/dev/ask"


def invoke(cloud: Cloud, name: str = "streams", **event: Any) -> tuple[Any, str | None]:
    """Invoke the function; returns the payload and the function's error."""
    answer = client(cloud, "lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    payload = answer["Payload"].read()
    try:
        return json.loads(payload), answer.get("FunctionError")
    except ValueError:
        return payload, answer.get("FunctionError")


def logged(cloud: Cloud, name: str) -> str:
    logs = client(cloud, "logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return ""
    return "\n".join(event["message"] for event in events)


def logs(cloud: Cloud, name: str, words: str) -> None:
    """Wait for words in the log of a function; they may arrive after its answer."""
    until(f"{words} in the log", lambda: logged(cloud, name), lambda text: words in text)


def test_wrapper_starts_the_runtime_with_the_functions_python(cloud: Cloud, function: str) -> None:
    about, error = invoke(cloud, do="about")
    assert error is None
    task, runtime = about["LAMBDA_TASK_ROOT"], str(cloud.home / "lambda-runtime")
    assert Path(task).name.startswith("ministack-lambda-code-")
    assert about["argv"][0] == f"{task}/client.py"
    assert about["argv"][1:] == [f"{runtime}/bin/python", about["argv"][2]]
    assert about["argv"][2].endswith("bootstrap.py")
    assert about["python"].startswith(f"{runtime}/bin/python")
    assert about["LAMBDA_RUNTIME_DIR"].startswith(runtime)
    assert about["boto3"].startswith(about["LAMBDA_RUNTIME_DIR"])
    assert about["PATH"].split(":")[0] == f"{runtime}/bin"
    assert (about["AWS_LAMBDA_FUNCTION_NAME"], about["_HANDLER"]) == ("streams", "index.handler")
    assert about["who"].endswith(":assumed-role/streaming/streams")


def test_calls_one_after_another_share_a_process_and_concurrent_ones_do_not(
    cloud: Cloud, function: str, tmp_path: Path
) -> None:
    pids = {invoke(cloud, do="about")[0]["pid"] for _ in range(3)}
    assert len(pids) == 1
    with ThreadPoolExecutor(4) as several:
        heads = [
            answer.partition(b"\0")[0]
            for answer, _ in several.map(lambda _: invoke(cloud, do="stream", meet=[4, str(tmp_path)]), range(4))
        ]
    assert len({json.loads(head)["headers"]["X-Pid"] for head in heads}) == 4


def test_plain_invocation_gets_a_streamed_answer_in_one_piece(cloud: Cloud, function: str) -> None:
    answer, error = invoke(cloud, do="stream", pause=0)
    assert error is None
    assert answer.endswith(b"\0" * 8 + PIECES)


def test_streaming_invocation_gets_the_pieces_as_they_come(cloud: Cloud, function: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    payload = json.dumps({"do": "stream", "gate": str(gate)}).encode()
    given = client(cloud, "lambda").invoke_with_response_stream(FunctionName="streams", Payload=payload)
    heard = []
    for event in given["EventStream"]:
        if "PayloadChunk" in event:
            heard.append(event["PayloadChunk"]["Payload"])
            if heard[-1] == b"piece 1\n":
                gate.touch()
        else:
            assert not event["InvokeComplete"].get("ErrorCode")
    assert b"".join(heard[1:]) == PIECES


def test_streaming_invocation_tells_that_the_answer_broke_off(cloud: Cloud, function: str) -> None:
    given = client(cloud, "lambda").invoke_with_response_stream(FunctionName="streams", Payload=b'{"do": "break"}')
    *_, last = given["EventStream"]
    assert last["InvokeComplete"]["ErrorCode"] == "Unhandled"


def test_streaming_invocation_of_a_function_that_does_not_stream(cloud: Cloud, function: str) -> None:
    given = client(cloud, "lambda").invoke_with_response_stream(FunctionName="streams", Payload=b'{"do": "about"}')
    first, last = given["EventStream"]
    assert json.loads(first["PayloadChunk"]["Payload"])["_HANDLER"] == "index.handler"
    assert "InvokeComplete" in last


def test_streaming_invocation_is_the_action_invoke_function(cloud: Cloud, function: str) -> None:
    calling = cloud.client("lambda", **cloud.caller("caller"))
    with pytest.raises(ClientError, match="lambda:InvokeFunction"):
        calling.invoke_with_response_stream(FunctionName="streams", Payload=b'{"do": "stream", "pause": 0}')
    cloud.allow("caller", {"Action": "lambda:InvokeFunction", "Resource": function})
    given = calling.invoke_with_response_stream(FunctionName="streams", Payload=b'{"do": "stream", "pause": 0}')
    assert len(list(given["EventStream"])) == 7


def test_api_passes_the_pieces_on_as_they_come(cloud: Cloud, ask: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    answer = post(cloud, ask, do="stream", gate=str(gate))
    assert answer.status_code == 203
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    pieces = answer.iter_content(None)
    assert next(pieces) == b"piece 1\n"
    gate.touch()
    assert b"piece 1\n" + b"".join(pieces) == PIECES


def test_an_answer_has_ended_when_its_function_still_works(cloud: Cloud, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    url = deployed(cloud, api(create(cloud, "rests", streaming_asset())))
    assert post(cloud, url, do="stream", rest=str(gate)).content == PIECES
    assert "SENT ALL" not in logged(cloud, "rests")
    gate.touch()
    logs(cloud, "rests", f"SENT ALL {gate}")


def test_many_callers_stream_at_once(cloud: Cloud, ask: str, tmp_path: Path) -> None:
    """Each call is answered only when eight of them are at work."""
    with ThreadPoolExecutor(8) as several:
        bodies = list(several.map(lambda _: post(cloud, ask, do="stream", meet=[8, str(tmp_path)]).content, range(24)))
    assert bodies == [PIECES] * 24


@pytest.mark.parametrize("do", ["headless", "about", "error", "exit"])
def test_api_answers_502_when_no_streamed_answer_comes(cloud: Cloud, ask: str, do: str) -> None:
    answer = post(cloud, ask, do=do)
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})


def test_a_function_without_a_free_place_is_an_error_of_the_server(cloud: Cloud, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    function = create(cloud, "scarce", streaming_asset())
    client(cloud, "lambda").put_function_concurrency(FunctionName="scarce", ReservedConcurrentExecutions=1)
    url = deployed(cloud, api(function))
    running = post(cloud, url, do="stream", gate=str(gate))
    assert (running.status_code, post(cloud, url, do="stream").status_code) == (203, 500)
    gate.touch()
    assert running.content.endswith(b"piece 5\n")


@pytest.mark.parametrize("do", ["break", "trailer"])
def test_an_answer_that_breaks_off_does_not_look_whole(cloud: Cloud, ask: str, do: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    answer = post(cloud, ask, do=do, gate=str(gate))
    pieces = answer.iter_content(None)
    assert next(pieces) == b"half\n"
    gate.touch()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        next(pieces)


def test_function_continues_when_the_client_disconnects(cloud: Cloud) -> None:
    url = deployed(cloud, api(create(cloud, "left", streaming_asset())))
    with post(cloud, url, do="stream", pause=0.1) as answer:
        first = next(answer.iter_content(None))
    assert first.startswith(b"piece 1\n")
    logs(cloud, "left", "SENT ALL")
    # The environment is free again, a moment after its last line.
    until("its process", lambda: post(cloud, url, do="stream").headers["X-Pid"], answer.headers["X-Pid"].__eq__)


def test_integration_without_the_functions_permission(cloud: Cloud, function: str) -> None:
    for mode in ("STREAM", None):
        other = create(cloud, f"unpermitted-{mode}", streaming_asset())
        answer = post(cloud, deployed(cloud, api(other, mode, permitted=False)), do="stream", pause=0)
        assert (answer.status_code, answer.json()) == (500, {"message": "Internal server error"})


def test_integration_waits_as_long_as_it_says(cloud: Cloud) -> None:
    function = create(cloud, "late", streaming_asset())
    url = deployed(cloud, api(function, TimeoutInMillis=500))
    answer = post(cloud, url, do="sleep")
    assert answer.status_code == 504
    # On a busy machine, a function that has to start begins its answer too late.
    begun = until("a beginning", lambda: post(cloud, url, do="stream", pause=1), lambda seen: seen.status_code == 203)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        list(begun.iter_content(None))


def test_transfer_mode_is_kept(cloud: Cloud, ask: str) -> None:
    gateway = client(cloud, "apigateway")
    api_id = ask.split("/")[5]
    [resource] = [item for item in gateway.get_resources(restApiId=api_id)["items"] if item["path"] == "/ask"]
    integration = gateway.get_integration(restApiId=api_id, resourceId=resource["id"], httpMethod="POST")
    assert integration["responseTransferMode"] == "STREAM"
    put = gateway.put_integration(
        restApiId=api_id, resourceId=resource["id"], httpMethod="POST", type="AWS_PROXY", integrationHttpMethod="POST",
        uri=integration["uri"], responseTransferMode="STREAM", timeoutInMillis=60000,
    )  # fmt: skip
    assert put["responseTransferMode"] == "STREAM"


def test_error_of_the_runtime(cloud: Cloud, function: str) -> None:
    before, _ = invoke(cloud, do="about")
    payload, error = invoke(cloud, do="error")
    assert (payload["errorMessage"], error) == ("asked to fail", "Unhandled")
    assert invoke(cloud, do="about")[0]["pid"] == before["pid"]


def test_crash_is_answered_at_once_and_the_next_call_gets_a_fresh_process(cloud: Cloud, function: str) -> None:
    payload, error = invoke(cloud, do="exit")
    assert (payload["errorMessage"], error) == ("Runtime exited with error: exit status 7", "Unhandled")
    assert invoke(cloud, do="about")[1] is None


def test_timeout_ends_the_process(cloud: Cloud) -> None:
    create(cloud, "sleeper", streaming_asset(), Timeout=1)
    payload, error = invoke(cloud, "sleeper", do="sleep")
    assert payload == {"errorMessage": "Task timed out after 1.00 seconds", "errorType": "Sandbox.Timedout"}
    assert error == "Unhandled"
    until("an answer within a second", lambda: invoke(cloud, "sleeper", do="stream", pause=0)[1] is None)


@pytest.mark.parametrize(
    ("files", "executable", "named", "sentence"),
    [
        ({"run": WRAPPER}, (), "/var/task/run", "run cannot be executed: Permission denied"),
        ({"other": WRAPPER}, ("other",), "/var/task/run", "AWS_LAMBDA_EXEC_WRAPPER is /var/task/run: the function's"),
        ({"run": WRAPPER}, ("run",), "/opt/run", "here it must lie in /var/task/"),
        ({"run": "#!/bin/sh\necho no-such-module >&2\nexit 5\n"}, ("run",), "/var/task/run", "exit status 5"),
    ],
)
def test_wrapper_that_cannot_begin(
    cloud: Cloud, files: dict[str, str | bytes], executable: tuple[str, ...], named: str, sentence: str
) -> None:
    name = f"never-{abs(hash(sentence))}"
    variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": named}}
    create(cloud, name, asset(files, executable), Environment=variables)
    payload, error = invoke(cloud, name)
    assert error == "Unhandled"
    assert sentence in payload["errorMessage"]
    if "status 5" in sentence:
        logs(cloud, name, "no-such-module")


def test_wrapper_may_run_the_command_it_is_given(cloud: Cloud) -> None:
    create(cloud, "plain", asset({"run": PLAIN, "index.py": INDEX}, ("run",)))
    payload, error = invoke(cloud, "plain", n=1)
    assert error is None
    assert (payload["event"], payload["wrapped"]) == ({"n": 1}, "yes")
    assert 0 < payload["left"] <= 60_000
    logs(cloud, "plain", "HANDLED")
    payload, error = invoke(cloud, "plain", fail=True)
    assert (payload["errorMessage"], error) == ("asked to fail", "Unhandled")
    logs(cloud, "plain", "ValueError: asked to fail")


def test_handler_that_cannot_be_loaded(cloud: Cloud) -> None:
    create(cloud, "broken", asset({"run": PLAIN, "index.py": "import no_such_thing\n"}, ("run",)))
    payload, error = invoke(cloud, "broken")
    assert error == "Unhandled"
    assert "No module named 'no_such_thing'" in payload["errorMessage"]
    logs(cloud, "broken", "Traceback")


def test_all_processes_go_with_their_function(cloud: Cloud) -> None:
    leaves_one = WRAPPER.replace("exec", "sleep 300 &\nexec")
    create(cloud, "goes", asset({"run": leaves_one, "client.py": CLIENT}, ("run",)))
    pid = invoke(cloud, "goes", do="about")[0]["pid"]
    family = [pid, *(child.pid for child in psutil.Process(pid).children())]
    assert [command(each).split("\0")[0] for each in family][1:] == ["sleep"]
    client(cloud, "lambda").delete_function(FunctionName="goes")
    until("the end of all", lambda: [command(each) for each in family], lambda commands: not any(commands))


def test_clients_are_offered_no_http_2(cloud: Cloud) -> None:
    trusting = ssl.create_default_context(cafile=cloud.bundle)
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    address = ("127.0.0.1", int(cloud.gateway.rsplit(":", 1)[1]))
    with socket.create_connection(address) as plain, trusting.wrap_socket(plain, server_hostname="localhost") as tls:
        assert tls.selected_alpn_protocol() == "http/1.1", "an answer that breaks off would hang in HTTP/2"


def test_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as cloud:
        create(cloud, "streams", streaming_asset())
        busy = threading.Thread(target=ended_call, args=[cloud])
        busy.start()
        until("the function", lambda: own_processes(cloud), lambda lines: any("client.py" in line for line in lines))
        children = own_pids(cloud)
    busy.join(PATIENCE)
    assert not busy.is_alive()
    assert not list((cloud.home / "tmp").glob("ministack-lambda-*"))
    assert not any(Path(f"/proc/{pid}").exists() and "client.py" in command(pid) for pid in children)


def ended_call(cloud: Cloud) -> None:
    # Both a closed connection and an error of the call count as the end.
    with contextlib.suppress(BotoCoreError):
        invoke(cloud, do="sleep")


def own_pids(cloud: Cloud) -> list[int]:
    return [child.pid for child in psutil.Process(cloud.process.pid).children(recursive=True)]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
