"""The folders of unpacked assets in the real cloud process, for both ways of starting a function."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud
from tests.contract.streaming_function import asset, client, create
from tests.waiting import until

WRAPPER = '#!/bin/sh\nexec "$@"\n'
# The function says what it sees in its folder, and then changes it as `write` and `remove` demand. Calls that must
# run at the same time `meet` in a folder.
INDEX = """
import os, time
from pathlib import Path
def handler(event, context):
    here = Path(__file__).resolve().parent
    said = {
        "pid": os.getpid(),
        "folder": str(here),
        "in": os.path.samefile(os.getcwd(), here) and os.path.samefile(os.environ["LAMBDA_TASK_ROOT"], here),
        "files": {file.relative_to(here).as_posix(): file.read_text() for file in here.rglob("*.txt")},
        "executable": os.access(here / "run", os.X_OK),
    }
    if "meet" in event:
        Path(event["meet"], str(os.getpid())).touch()
        while len(os.listdir(event["meet"])) < event["calls"]:
            time.sleep(0.01)
    for name, text in event.get("write", {}).items():
        (here / name).write_text(text)
    for name in event.get("remove", []):
        (here / name).unlink()
    return said
"""
# What `sandbox.cloud.unpacked_assets` keeps without a process.
SPARE = 8

cloud = cloud_process.cloud


@pytest.fixture(params=["plain", "wrapped"])
def variables(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables of a function that MiniStack's own worker starts, or its wrapper."""
    return {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/run"} if request.param == "wrapped" else {}


def code(**texts: str) -> bytes:
    files: dict[str, str | bytes] = {f"texts/{name}.txt": text for name, text in texts.items()}
    return asset({"index.py": INDEX, "run": WRAPPER, **files}, executable=("run",))


def made(cloud: Cloud, name: str, variables: dict[str, str], archive: bytes) -> str:
    full = f"{name}-{'wrapped' if variables else 'plain'}"
    create(cloud, full, archive, Environment={"Variables": variables})
    return full


def call(cloud: Cloud, name: str, **event: Any) -> dict[str, Any]:
    answer = client(cloud, "lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, said
    return said


def ended(cloud: Cloud, name: str, variables: dict[str, str], mark: str) -> None:
    """End the function's processes, as a change of its variables does."""
    client(cloud, "lambda").update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "MARK": mark}}
    )


def folders(cloud: Cloud) -> set[str]:
    return {str(folder.resolve()) for folder in (cloud.home / "tmp").glob("ministack-lambda-code-*")}


def test_processes_of_a_function_have_one_folder(cloud: Cloud, variables: dict[str, str]) -> None:
    name = made(cloud, "shares", variables, code(a="1", b="2"))
    before = call(cloud, name)
    ended(cloud, name, variables, "again")
    after = call(cloud, name)
    assert before["pid"] != after["pid"]
    assert before["folder"] == after["folder"]
    assert after["in"]
    assert after["executable"], "modes are kept"
    assert after["files"] == {"texts/a.txt": "1", "texts/b.txt": "2"}


def test_new_code_is_used_at_once_and_the_old_folder_goes(cloud: Cloud, variables: dict[str, str]) -> None:
    name = made(cloud, "renewed", variables, code(a="old"))
    old = call(cloud, name)
    client(cloud, "lambda").update_function_code(FunctionName=name, ZipFile=code(a="new"))
    new = call(cloud, name)
    assert new["files"] == {"texts/a.txt": "new"}
    assert new["folder"] in folders(cloud)
    assert old["folder"] not in folders(cloud)


@pytest.mark.parametrize(
    "change",
    [
        {"write": {"texts/a.txt": "2"}},
        {"write": {"texts/new.txt": "1"}},
        {"write": {"index.py": "raise SystemExit"}},
        {"remove": ["texts/a.txt"]},
    ],
    ids=["a file", "a new file", "the handler", "a removed file"],
)
def test_what_a_function_writes_is_seen_by_no_other_function_and_no_later_process(
    cloud: Cloud, variables: dict[str, str], change: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    case = request.node.callspec.id.replace(" ", "-")
    name = made(cloud, f"writes-{case}", variables, code(a="1"))
    other = made(cloud, f"reads-{case}", variables, code(a="1"))
    running_before = call(cloud, other)
    written = call(cloud, name, **change)
    assert call(cloud, other)["files"] == {"texts/a.txt": "1"}, "its process was there before"
    assert running_before["folder"] != written["folder"]
    ended(cloud, name, variables, "again")
    later = call(cloud, name)
    assert later["pid"] != written["pid"]
    assert later["files"] == {"texts/a.txt": "1"}
    assert written["folder"] not in folders(cloud), "nobody can get the changed folder again"


def test_processes_that_start_at_once_see_the_whole_asset(
    cloud: Cloud, variables: dict[str, str], tmp_path: Path
) -> None:
    texts = {f"t{number}": "x" for number in range(300)}
    name = made(cloud, "crowd", variables, code(**texts))
    with ThreadPoolExecutor(4) as several:
        calls = list(several.map(lambda _: call(cloud, name, meet=str(tmp_path), calls=4), range(4)))
    assert len({said["pid"] for said in calls}) == 4
    assert len({said["folder"] for said in calls}) == 1
    assert [len(said["files"]) for said in calls] == [300] * 4


def test_folders_of_deleted_functions_go(cloud: Cloud, variables: dict[str, str]) -> None:
    names = [made(cloud, f"gone{number}", variables, code(a=str(number))) for number in range(SPARE + 3)]
    kept = [call(cloud, name)["folder"] for name in names]
    assert set(kept) <= folders(cloud), "a folder with a process stays"
    for name in names:
        client(cloud, "lambda").delete_function(FunctionName=name)
    until("the end of the processes", lambda: set(kept) & folders(cloud), lambda left: len(left) <= SPARE)
    assert kept[0] not in folders(cloud)
