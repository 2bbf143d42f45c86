"""A Git repository as a source, served by Git itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settings.sources.git import Git
from sources.item import Unlisted
from sources.tools import Tools
from tests.unit.git_server import Repository, repository
from tests.unit.source_runs import Stored

pytestmark = pytest.mark.thorough


class Here(Git):
    """A source from Git that also accepts http."""

    url: str


@pytest.fixture
def handbook(tmp_path: Path) -> Iterator[Repository]:
    with repository(tmp_path) as running:
        running.commit(
            docs__leave_dot_md="# Leave\n\nThirty days.",
            docs__pay_dot_md="# Pay\n\nOn the first.",
            docs__picture_dot_png=b"\x89PNG",
            docs__large_dot_csv="version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n",
            README_dot_md="# Read me\n\nAbout this.",
        )
        yield running


def of(handbook: Repository, secret: str | None = None, **settings: Any) -> Stored:
    made = {"kind": "git", "url": handbook.url, "networks": ["127.0.0.0/8"], **settings}
    made |= {"secret": {"name": "token"}} if secret else {}
    return Stored(Here.model_validate(made), tools=Tools(secret=lambda: secret or ""))


def test_files_of_the_newest_commit_are_read_without_its_history(handbook: Repository) -> None:
    kept = of(handbook, folder="docs")
    run = kept.run()
    assert kept.ids == ["handbook/docs/leave.md", "handbook/docs/pay.md"]
    assert kept.to.held["handbook/docs/pay.md"]["title"] == "Pay"
    assert (run.added, run.left_out) == (2, {".png": 1, "files in Git LFS": 1})


def test_an_unchanged_commit_costs_one_look_and_no_fetch(handbook: Repository) -> None:
    kept = of(handbook)
    assert kept.run().added == 3
    handbook.requested.clear()
    run = kept.run()
    assert (run.unchanged, run.added, run.changed) == (3, 0, 0)
    assert len(handbook.requested) == 2


def test_changed_moved_and_removed_files_are_told_apart(handbook: Repository) -> None:
    kept = of(handbook)
    kept.run()
    handbook.commit(
        docs__leave_dot_md="# Leave\n\nThirty-one days.", docs__pay_dot_md=None, pay_dot_md="# Pay\n\nOn the first."
    )
    run = kept.run()
    assert run.names == {
        "changed": ["handbook/docs/leave.md"],
        "added": ["handbook/pay.md"],
        "removed": ["handbook/docs/pay.md"],
    }
    assert kept.ids == ["handbook/README.md", "handbook/docs/leave.md", "handbook/pay.md"]


def test_other_settings_read_the_same_commit_again(handbook: Repository) -> None:
    kept = of(handbook)
    kept.run()
    kept.settings = kept.settings.model_copy(update={"exclude": ["README.md"]})
    assert kept.run().names == {"removed": ["handbook/README.md"]}


def test_a_branch_is_chosen_and_one_that_is_not_there_is_a_sentence(handbook: Repository) -> None:
    handbook.git("checkout", "-qb", "next")
    handbook.commit(new_dot_md="# New\n\nNews.")
    handbook.git("checkout", "-q", "main")
    assert of(handbook, branch="next").run().added == 4
    assert of(handbook).run().added == 3
    with pytest.raises(Unlisted, match="has no branch none; there are main, next"):
        of(handbook, branch="none").run()


def test_a_private_repository_takes_the_token(handbook: Repository) -> None:
    handbook.token = "t0ken"
    assert of(handbook, "t0ken").run().added == 3
    for secret in (None, "wrong"):
        with pytest.raises(Unlisted, match=r"was refused\. Set `secret` to a token that may read it") as refused:
            of(handbook, secret).run()
        assert "wrong" not in str(refused.value)


def test_what_is_no_repository_or_no_public_address_is_a_sentence(handbook: Repository) -> None:
    nowhere = handbook.url.replace("handbook", "nowhere")
    with pytest.raises(Unlisted, match=r"nowhere.git failed, because this is not a Git repository. Correct `url`"):
        of(handbook, url=nowhere).run()
    with pytest.raises(Unlisted, match="which is not public"):
        of(handbook, networks=[]).run()


@pytest.mark.parametrize("calls", [1, 2])
def test_a_run_goes_on_in_further_calls(handbook: Repository, calls: int) -> None:
    kept, left = of(handbook), calls

    def goes_on() -> bool:
        nonlocal left
        left -= 1
        return left > 0

    run = kept.run(goes_on)
    while run.status == "running":
        left = calls
        run = kept.go_on(run, goes_on)
    assert (run.status, run.added) == ("done", 3)
    assert kept.run().unchanged == 3
