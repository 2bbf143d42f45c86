"""The state of a job: what the caller sees of it, and how far it is."""

from rag.caller import Caller
from rag.files import Stored
from rag.job_models import Job

# The limits of results that a job keeps: of stored documents, and of others.
MOST_STORED, MOST_OTHERS = 100, 1000


class State(Job):
    """A job in the bucket, with the number of `settled` entries.

    For a file, `size` is the number of all bytes, and `read` is the number of settled bytes. Without a name, `size` is
    the number of documents. `caller` began the job; only they and owners may see it. `groups` may see what it stores.
    """

    caller: Caller = Caller("", "editor")
    groups: list[str] | None = None
    settled: int = 0
    read: int = 0
    size: int = 0

    @property
    def as_job(self) -> Job:
        """The job in the API's form."""
        return Job.model_validate(self.model_dump(include=set(Job.model_fields)))

    def note(self, so_far: Stored) -> None:
        """Move the results into the job."""
        results, so_far.results = so_far.results, []
        for result in results:
            self.stored += result.status == "stored"
            self.failed += result.status != "stored"
            self.passages += result.passages
            kept = sum(other.status == "stored" for other in self.documents)
            room = kept < MOST_STORED if result.status == "stored" else len(self.documents) - kept < MOST_OTHERS
            if room:
                self.documents.append(result)
        self.settled, self.read = so_far.settled, so_far.read
        settled = self.settled if self.name is None else self.read
        self.progress = 1.0 if so_far.ended else min(1.0, settled / max(1, self.size))
