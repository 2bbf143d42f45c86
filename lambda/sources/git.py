"""A Git repository: the newest commit of a branch is fetched without its history. The mark of a file is its blob id."""

import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from stat import S_ISREG
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import Retry, Timeout
from urllib3.exceptions import HTTPError

from corpus.endings import ending, readable
from settings.sources.git import Git
from sources.item import Content, ItemSource, Known, ListedItem, Unlisted
from sources.patterns import wanted_by
from sources.tools import Tools
from sources.web.fetch import innermost
from sources.web.guard import guarded_pool

CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
_LFS = b"version https://git-lfs"
_LONGEST_POINTER = 1_024


def source(settings: Git, tools: Tools) -> ItemSource:
    """The files of the repository."""
    pool = guarded_pool(
        settings.networks,
        timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=Retry(connect=0, read=2, redirect=5),
        cert_reqs="CERT_REQUIRED",
        ca_certs=DEFAULT_CA_BUNDLE_PATH,
        headers={"User-Agent": f"git/{tools.agent}"},
    )
    user, password = (settings.user, tools.secret()) if settings.secret_settings else (None, None)
    base, _, path = settings.url.rpartition("/")
    return Files(settings, Urllib3HttpGitClient(base, pool_manager=pool, username=user, password=password), path)


class Files(ItemSource):
    """See ItemSource. A name begins with the repository's, as `osml ingest handbook` names it: `handbook/docs/a.md`."""

    def __init__(self, settings: Git, client: Urllib3HttpGitClient, path: str) -> None:
        super().__init__()
        self._settings, self._client, self._path = settings, client, path
        self._wanted = wanted_by(settings.include, settings.exclude)
        self._repository = PurePosixPath(urlsplit(settings.url).path).name.removesuffix(".git")

    def items(self, known: Mapping[str, Known], run: str) -> Iterator[ListedItem]:  # noqa: ARG002 of the interface
        """See ItemSource. Nothing is fetched if this commit was read completely before."""
        commit = self._head()
        name, mark = f"{self._repository}@", self._mark(commit)
        before = known.get(name)
        if before and before.mark == mark and all(file.mark for file in known.values()):
            for path, file in list(known.items()):
                yield ListedItem(path, file.mark, is_a_document=path != name)
            return
        with tempfile.TemporaryDirectory() as folder, self._fetched(folder, commit) as repository:
            yield from self._files(repository, commit)
        # This item comes last, because it means that all others were seen.
        yield ListedItem(name, mark, is_a_document=False)

    def _files(self, repository: Repo, commit: ObjectID) -> Iterator[ListedItem]:
        folder = f"{self._settings.folder}/" if self._settings.folder else ""
        head = repository[commit]
        assert isinstance(head, Commit)  # noqa: S101 - for the type checker
        for entry in iter_tree_contents(repository.object_store, head.tree):
            path = entry.path.decode("utf-8", "replace")
            if not (path.startswith(folder) and self._wanted(path)):
                continue
            # Symbolic links and submodules.
            if not S_ISREG(entry.mode):
                self.left_out["links and submodules"] += 1
            elif not readable(path):
                self.left_out[ending(path) or "without a type"] += 1
            elif self._is_a_pointer(repository, entry.sha):
                self.left_out["files in Git LFS"] += 1
            else:
                content = Content(path, lambda sha=entry.sha: _opened(repository, sha))  # type: ignore[misc]
                yield ListedItem(f"{self._repository}/{path}", entry.sha.decode(), content)

    def _is_a_pointer(self, repository: Repo, sha: ObjectID) -> bool:
        blob = _blob(repository, sha)
        return blob.raw_length() < _LONGEST_POINTER and blob.data.startswith(_LFS)

    def _mark(self, commit: bytes) -> str:
        """The commit, and a digest of the settings that choose the files."""
        chosen = repr([self._settings.folder, self._settings.include, self._settings.exclude])
        return f"{commit.decode()} {hashlib.sha256(chosen.encode()).hexdigest()[:16]}"

    def _head(self) -> ObjectID:
        branch = self._settings.branch
        with self._explained("Listing"):
            refs = self._client.get_refs(self._path).refs
        wanted = Ref(f"refs/heads/{branch}".encode() if branch else b"HEAD")
        commit = refs.get(wanted)
        if not commit:
            there = [ref.decode().removeprefix("refs/heads/") for ref in refs if ref.startswith(b"refs/heads/")]
            raise Unlisted(
                f"{self._settings.url} has no branch {branch or 'HEAD'}; there are {', '.join(there[:10]) or 'none'}."
            )
        return commit

    @contextmanager
    def _fetched(self, folder: str, commit: ObjectID) -> Iterator[Repo]:
        repository = Repo.init_bare(folder)
        try:
            with self._explained("Fetching"):
                self._client.fetch(self._path, repository, determine_wants=lambda *_, **__: [commit], depth=1)
            yield repository
        finally:
            repository.close()

    @contextmanager
    def _explained(self, tried: str) -> Iterator[None]:
        url = self._settings.url
        try:
            yield
        except HTTPUnauthorized:
            raise Unlisted(f"{tried} {url} was refused. Set `secret` to a token that may read it.") from None
        except NotGitRepository:
            raise Unlisted(f"{tried} {url} failed, because this is not a Git repository. Correct `url`.") from None
        except (GitProtocolError, HTTPError, OSError, ValueError, KeyError) as error:
            raise Unlisted(f"{tried} {url} failed: {innermost(error)}.") from None


def _blob(repository: Repo, sha: ObjectID) -> Blob:
    blob = repository[sha]
    assert isinstance(blob, Blob)  # noqa: S101 - for the type checker
    return blob


@contextmanager
def _opened(repository: Any, sha: ObjectID) -> Iterator[BinaryIO]:
    with io.BytesIO(_blob(repository, sha).data) as file:
        yield file
