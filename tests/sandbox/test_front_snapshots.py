"""The front accepts a repository as a domain of Amazon does; the engine gets one in a local folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.front.authority import DescribedDomain
from sandbox.front.credential import CredentialDesk
from sandbox.front.ledger import Ledger
from sandbox.front.refusal import AccessDenied, InvalidArgument, NotOffered, Refusal
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.snapshots import SnapshotGate

DOMAIN = DescribedDomain("arn:aws:es:us-east-1:1:domain/d", "d", "000000000000", "us-east-1", None, None, None, None)
OBJECTS = "arn:aws:s3:::backups/*"
READS = (("s3:ListBucket", "arn:aws:s3:::backups"), ("s3:GetObject", OBJECTS))
WRITES = (("s3:PutObject", OBJECTS), ("s3:DeleteObject", OBJECTS))
SERVICES = ("es.amazonaws.com",)


class Front:
    """A gate with an engine that answers with the repository that it received."""

    def __init__(self, folder: Path | None, *grants: tuple[str, str], services: tuple[str, ...] = SERVICES) -> None:
        self.ledger = Ledger()
        self.role = self.ledger.write_role("backup", *grants, services=services)
        self.stored: dict[str, Any] = {}
        self.gate = SnapshotGate(CredentialDesk(self.ledger, 0), self.ledger, folder)

    def __call__(self, method: str, path: str, body: Any = None, *, key: str | None = "test") -> dict[str, Any] | None:
        caller = self.ledger.credential(key, None).caller if key else None
        request = FrontRequest(method, path, (), json.dumps(body).encode() if body else b"")
        answer = self.gate.respond(request, caller, DOMAIN, self._engine)
        return json.loads(answer.body) if answer else None

    def settings(self, **more: Any) -> dict[str, Any]:
        return {"bucket": "backups", "region": "us-east-1", "role_arn": self.role.arn, **more}

    def _engine(self, request: FrontRequest) -> FrontResponse:
        if request.method == "PUT":
            self.stored = json.loads(request.body)
        return FrontResponse(200, (), json.dumps({"osml": self.stored}).encode())


def test_a_repository_is_kept_in_a_folder_and_shown_as_it_was_made(tmp_path: Path) -> None:
    front = Front(tmp_path, *READS, *WRITES)
    settings = front.settings(base_path="a/b")
    front("PUT", "/_snapshot/osml", {"type": "s3", "settings": settings})
    assert front.stored == {"type": "fs", "settings": {**settings, "location": str(tmp_path / "backups/a/b")}}
    assert front("GET", "/_snapshot/osml") == {"osml": {"type": "s3", "settings": settings}}


@pytest.mark.parametrize("path", ["/_snapshot/osml/_all", "/_snapshot/osml/one/_restore", "/passages/_search"])
def test_other_requests_are_passed_on(tmp_path: Path, path: str) -> None:
    assert Front(tmp_path)("POST", path) is None


@pytest.mark.parametrize(
    ("grants", "services", "changed", "key", "error", "said"),
    [
        ((*READS, *WRITES), SERVICES, {}, None, AccessDenied, "iam:PassRole"),
        ((*READS, *WRITES), ("lambda.amazonaws.com",), {}, "test", AccessDenied, "sts:AssumeRole.*trust policy"),
        (READS, SERVICES, {}, "test", AccessDenied, "s3:PutObject"),
        (WRITES, SERVICES, {"readonly": True}, "test", AccessDenied, "s3:ListBucket"),
        ((*READS, *WRITES), SERVICES, {"role_arn": None}, "test", InvalidArgument, "lacks role_arn"),
        ((*READS, *WRITES), SERVICES, {"base_path": "../other"}, "test", InvalidArgument, "no path in a bucket"),
    ],
)
def test_a_repository_that_a_domain_would_refuse(
    tmp_path: Path,
    grants: tuple[tuple[str, str], ...],
    services: tuple[str, ...],
    changed: dict[str, Any],
    key: str | None,
    error: type[Refusal],
    said: str,
) -> None:
    front = Front(tmp_path, *grants, services=services)
    with pytest.raises(error, match=said):
        front("PUT", "/_snapshot/osml", {"type": "s3", "settings": front.settings() | changed}, key=key)
    assert front.stored == {}


def test_a_role_that_only_reads_is_enough_for_a_repository_that_is_only_read(tmp_path: Path) -> None:
    front = Front(tmp_path, *READS)
    front("PUT", "/_snapshot/osml", {"type": "s3", "settings": front.settings(readonly=True)})
    assert front.stored["type"] == "fs"


@pytest.mark.parametrize("kind", ["fs", "url", "gcs", None])
def test_a_domain_has_repositories_in_s3_alone(tmp_path: Path, kind: str | None) -> None:
    with pytest.raises(InvalidArgument, match="does not exist"):
        Front(tmp_path)("PUT", "/_snapshot/osml", {"type": kind, "settings": {"location": "/"}})


def test_an_engine_of_ones_own_has_no_folder_for_them() -> None:
    front = Front(None, *READS, *WRITES)
    with pytest.raises(NotOffered):
        front("PUT", "/_snapshot/osml", {"type": "s3", "settings": front.settings()})
