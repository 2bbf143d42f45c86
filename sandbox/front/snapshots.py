"""Snapshot repositories: clients see the type `s3`, as in a domain on Amazon; the engine uses a folder.

The engine has no plugin for S3. A repository's files are not in the emulated S3, but in a folder for its bucket, which
every engine of the local cloud can read. The front checks the caller, the role and the bucket when a repository is
made. Amazon also notices later if a role loses its permissions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.front.authority import Authority, DescribedDomain, Signer
from sandbox.front.credential import CredentialDesk
from sandbox.front.document import decoded, encoded, readable
from sandbox.front.refusal import AccessDenied, InvalidArgument, NotOffered
from sandbox.front.request import FrontRequest, FrontResponse

Forward = Callable[[FrontRequest], FrontResponse]
_API = "_snapshot"
_NEEDED = ("bucket", "region", "role_arn")
_READS = (("s3:ListBucket", ""), ("s3:GetObject", "/any"))
_WRITES = (("s3:PutObject", "/any"), ("s3:DeleteObject", "/any"))


class SnapshotGate:
    """Handles requests that make or show a repository."""

    def __init__(self, desk: CredentialDesk, authority: Authority, folder: Path | None) -> None:
        """`folder` is a folder that the engine may use, or None: then repositories cannot be made."""
        self._desk = desk
        self._authority = authority
        self._folder = folder

    def respond(
        self, request: FrontRequest, caller: Signer | None, domain: DescribedDomain, forward: Forward
    ) -> FrontResponse | None:
        """The answer to a request about a repository; None for any other request, which the caller passes on.

        Raises `AccessDenied`, `InvalidArgument` and `NotOffered`.
        """
        segments = request.segments()
        if segments[:1] != (_API,) or len(segments) > 2:
            return None
        if request.method in ("PUT", "POST") and len(segments) == 2:
            request = readable(request)
            body = decoded(request.body)
            if isinstance(body, dict):
                request = request.with_body(encoded(self._inward(body, caller, domain)))
            return forward(request)
        answer = forward(request)
        shown = decoded(answer.body)
        if request.method != "GET" or answer.status != 200 or not isinstance(shown, dict):
            return answer
        return answer.with_body(encoded({name: _outward(repository) for name, repository in shown.items()}))

    def _inward(self, body: Mapping[str, Any], caller: Signer | None, domain: DescribedDomain) -> dict[str, Any]:
        settings = body.get("settings") or {}
        if body.get("type") != "s3":
            raise InvalidArgument(f"Repository type [{body.get('type')}] does not exist", "repository_exception")
        missing = [name for name in _NEEDED if not settings.get(name)]
        if missing:
            raise InvalidArgument(f"The repository lacks {', '.join(missing)}", "repository_exception")
        if self._folder is None:
            raise NotOffered("The engine is your own, and the local cloud does not know a folder for its snapshots.")
        role, bucket = str(settings["role_arn"]), str(settings["bucket"])
        self._desk.admit_role(role, caller, domain)
        partition = role.split(":")[1]
        readonly = str(settings.get("readonly", False)).lower() == "true"
        for action, object in _READS if readonly else (*_READS, *_WRITES):
            resource = f"arn:{partition}:s3:::{bucket}{object}"
            reason = self._authority.role_denial(role, action, resource)
            if reason is not None:
                raise AccessDenied(
                    f"User: {role} is not authorized to perform: {action} on resource: {resource} {reason}"
                )
        base = str(settings.get("base_path", "")).strip("/")
        location = (self._folder / bucket / base).resolve()
        if not location.is_relative_to(self._folder.resolve() / bucket) or "/" in bucket:
            raise InvalidArgument(f"The repository's base_path {base} is no path in a bucket", "repository_exception")
        return {**body, "type": "fs", "settings": {**settings, "location": str(location)}}


def _outward(repository: Any) -> Any:
    if not isinstance(repository, dict) or repository.get("type") != "fs":
        return repository
    settings = {name: value for name, value in repository.get("settings", {}).items() if name != "location"}
    return {**repository, "type": "s3", "settings": settings}
