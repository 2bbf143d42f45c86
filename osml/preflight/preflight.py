"""Runs the checks, all of them: a preflight shows every problem at once."""

from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from mlcommons.recognition import recognized
from osml.cause import known
from osml.deploy.deployment import Deployment
from osml.doctor.checks.complaints import complaint, named
from osml.doctor.checks.verdict import Complaint, Noted, Skipped, Unchecked
from osml.doctor.finding import Finding, finding_of
from osml.failure import Failure
from osml.place import Place
from osml.preflight.check import PreflightCheck, Seen
from osml.preflight.checks import CHECKS
from osml.preflight.context import PreflightContext


def findings(context: PreflightContext, checks: Sequence[PreflightCheck] = CHECKS) -> Iterator[Finding]:
    """The findings of every check. Raises SettingError."""
    for check in checks:
        yield from _looks(context, check)


def require(place: Place, deployment: Deployment) -> None:
    """Run the checks of a deploy; raises Failure when AWS would refuse it."""
    context = PreflightContext(place, deployment)
    checks = [check for check in CHECKS if check.BEFORE_DEPLOY]
    wrong = [finding for finding in findings(context, checks) if finding.state == "failed"]
    if wrong:
        first, *more = wrong
        others = f" `osml preflight {place.options}` shows {len(more)} more." if more else ""
        raise Failure(f"Nothing was deployed: {first.seen}. {first.fix}{others}", known(first.complaint))


def _looks(context: PreflightContext, check: PreflightCheck) -> Iterator[Finding]:
    try:
        for seen in check.look(context):
            yield _finding(check.TITLE, seen)
    except (Complaint, Noted, Skipped) as raised:
        yield _finding(check.TITLE, raised)
    except (ClientError, BotoCoreError) as error:
        yield _finding(check.TITLE, Unchecked(" ".join(str(error).split()).rstrip(".")))
    except Failure as failure:
        if recognized(str(failure)) == "request-not-allowed" or isinstance(failure.__cause__, ClientError):
            yield _finding(check.TITLE, Unchecked(str(failure)))
            return
        yield _finding(check.TITLE, complaint(context.place, named(failure.cause, "unexplained"), str(failure)))


def _finding(title: str, seen: Seen) -> Finding:
    if isinstance(seen, str):
        return Finding(title, "ok", seen)
    if isinstance(seen, Skipped):
        return Finding(title, "unchecked" if isinstance(seen, Unchecked) else "skipped", str(seen))
    if isinstance(seen, Noted):
        return finding_of(title, "noted", seen.complaint)
    return finding_of(title, "failed", seen)
