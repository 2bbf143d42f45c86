"""The originals: uploaded files of documents, in a bucket. A link that expires after a minute opens a file.

A document refers to its file by the file's digest, in `osml.access.original` of its passages. The key of the object is
`<digest of the document's id>/<digest of the file>`. So a document that is replaced in another way refers to no file,
and a file that is uploaded again is stored once. The file is stored before its document; if the document is then not
stored, the upload removes the file.
"""

import hashlib
import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath
from typing import IO, Any, cast
from urllib.parse import quote

from corpus.document import Document, Entry, id_fault
from corpus.fields import with_original
from rag import boto_calls
from rag.budget import Budget
from rag.caller import OPERATOR, Caller
from rag.document_models import DocumentResult, OriginalLink
from rag.failures import Absent, RagFailure
from rag.own_settings import settings
from rag.parts import Parts
from rag.service_failure import ORIGINALS

LINK_SECONDS = 60
READ_SECONDS = 60
# The types of files that a browser may show, because they run no scripts. Browsers save all others: HTML, SVG and XML
# may run scripts.
TEXT = "text/plain; charset=utf-8"
SHOWN = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    **dict.fromkeys((".txt", ".md", ".markdown", ".csv", ".tsv"), TEXT),
}
_SAVED = "application/octet-stream"
_log = logging.getLogger(__name__)


class Originals:
    """The files in `bucket`; `clients` are those of boto3 for S3."""

    def __init__(self, bucket: str, clients: boto_calls.Clients | None = None) -> None:
        # S3 requires signature version 4 for objects that are encrypted with a KMS key.
        self._clients = clients or boto_calls.Clients("s3", None, READ_SECONDS, signature_version="s3v4")
        self._bucket = bucket

    def keep(self, document: str, file: IO[bytes], budget: Budget) -> tuple[str, bool]:
        """Store the file of a document; returns its digest, and whether it was not stored before.

        The position in `file` does not change. Raises a `RagFailure`.
        """
        at = file.tell()
        file.seek(0)
        digest = hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
        file.seek(0)
        type, shown = _type_of(document)
        key = f"{_folder(document)}{digest}"
        with boto_calls.calling(ORIGINALS):
            s3 = self._clients.within(budget)
            there = s3.list_objects_v2(Bucket=self._bucket, Prefix=key).get("Contents")
            # A file that is there is stored again, because it expires by the time when it was stored.
            s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=file,
                ContentType=type,
                ContentDisposition=disposition(document, shown=shown),
            )
        file.seek(at)
        return digest, not there

    def remove(self, document: str, budget: Budget, but: str | None = None) -> None:
        """Remove the files of a document, except the one with the digest `but`.

        A file that cannot be removed stays until it expires; no document refers to it.
        """
        with _tried(), boto_calls.calling(ORIGINALS):
            s3 = self._clients.within(budget)
            there = s3.list_objects_v2(Bucket=self._bucket, Prefix=_folder(document)).get("Contents", [])
            for stored in there:
                if stored["Key"] != f"{_folder(document)}{but}":
                    s3.delete_object(Bucket=self._bucket, Key=stored["Key"])

    def remove_unused(self, document: str, digest: str, budget: Budget, parts: Parts) -> None:
        """Remove one file of a document, unless the stored document refers to it."""
        with _tried():
            if digest in _digests_of(document, budget, OPERATOR, parts):
                return
            with boto_calls.calling(ORIGINALS):
                self._clients.within(budget).delete_object(Bucket=self._bucket, Key=f"{_folder(document)}{digest}")

    def of_upload(self, name: str, file: IO[bytes], budget: Budget, parts: Parts) -> "Original":
        """The file of one upload, whose request has the `budget`."""
        return Original(self, name, file, budget, parts)

    def link(self, document: str, seconds: float, caller: Caller, parts: Parts) -> OriginalLink:
        """A link to the file of a document that the caller may see. Raises `Absent`, or another `RagFailure`."""
        budget = Budget(seconds)
        digest = _digest_of(document, budget, caller, parts)
        kept = {"Bucket": self._bucket, "Key": f"{_folder(document)}{digest}"}
        with boto_calls.calling(ORIGINALS):
            s3 = self._clients.within(budget)
            there = digest and s3.list_objects_v2(Bucket=kept["Bucket"], Prefix=kept["Key"]).get("Contents")
            if not there:
                raise Absent(f"No original of {document!r} is kept.")
            url = s3.generate_presigned_url("get_object", Params=kept, ExpiresIn=LINK_SECONDS)
        type, shown = _type_of(document)
        return OriginalLink(url=url, seconds=LINK_SECONDS, shown=shown, type=type)


class Original:
    """The file of one upload, which is stored if the whole file is one document."""

    def __init__(self, originals: Originals, name: str, file: IO[bytes], budget: Budget, parts: Parts) -> None:
        self._originals, self._name, self._file, self._budget, self._parts = originals, name, file, budget, parts
        self._digest, self._is_new = "", False

    def of(self, entries: Generator[Entry]) -> Generator[Entry]:
        """The entries. If a document is the whole file, the file is stored first and the document gets its digest."""
        try:
            for entry in entries:
                if isinstance(entry, Document) and entry.id == self._name:
                    self._digest, self._is_new = self._originals.keep(self._name, self._file, self._budget)
                    yield replace(entry, source=with_original(entry.source, self._digest))
                else:
                    yield entry
        finally:
            entries.close()

    def settle(self, results: Iterable[DocumentResult]) -> None:
        """Remove the files of earlier versions if the document is stored, and its own new file if nothing of it is."""
        if not self._digest:
            return
        status = next((result.status for result in results if result.id == self._name), "failed")
        if status == "stored":
            self._originals.remove(self._name, self._budget, but=self._digest)
        elif status == "failed" and self._is_new:
            self._originals.remove_unused(self._name, self._digest, self._budget, self._parts)


@cache
def own_originals() -> Originals | None:
    """The originals of this environment; None if it stores none."""
    bucket = settings().originals
    return Originals(bucket) if bucket else None


@contextmanager
def _tried() -> Iterator[None]:
    """Log a failure to remove a file; the upload or the removal of the document goes on."""
    try:
        yield
    except RagFailure as failure:
        _log.warning("An original was not removed: %s %s", failure.message, failure.said)


def _digest_of(document: str, budget: Budget, caller: Caller, parts: Parts) -> str | None:
    """The digest of the document's file, from its first passage; None without a file. Raises `Absent`."""
    if id_fault(document) or not (digests := _digests_of(document, budget, caller, parts)):
        raise Absent(f"There is no document {document!r}.")
    return next(filter(None, digests), None)


def _digests_of(document: str, budget: Budget, caller: Caller, parts: Parts) -> list[str | None]:
    """The digest of the document's file in each of its passages that are looked at."""
    passages = parts.search.cited([document, f"{document}#1"], budget, caller)
    return [source.original for source in passages if source.document == document]


def _folder(document: str) -> str:
    return f"{hashlib.sha256(document.encode()).hexdigest()}/"


def _type_of(document: str) -> tuple[str, bool]:
    """The media type of the file, and whether a browser may show it."""
    type = SHOWN.get(PurePosixPath(document.lower()).suffix)
    return type or _SAVED, type is not None


def disposition(document: str, *, shown: bool) -> str:
    """The Content-Disposition header (RFC 6266), with the name of the file without its folders."""
    name = quote(PurePosixPath(document).name, safe="")
    return f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{name}"
