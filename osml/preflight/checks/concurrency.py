"""Lambda runs enough functions at once: for the reserved part, and for a page load during a question."""

from collections.abc import Iterator

from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.verdict import Noted, Skipped
from osml.preflight.check import Seen
from osml.preflight.context import PreflightContext

TITLE, BEFORE_DEPLOY = "concurrency of Lambda", True
# Lambda keeps this many executions for functions without a part of their own.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED = 100
# With a lower limit, a few people at once are too many. A new account begins with ten.
FEW = 50


def look(context: PreflightContext) -> Iterator[Seen]:
    """The account's limit, and the part that no function has reserved."""
    assistant = context.settings.assistant
    if assistant is None:
        raise Skipped("there is no assistant")
    limit = context.session.client("lambda").get_account_settings()["AccountLimit"]
    total, free = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    reserved = _reserved(context)
    fix = (
        f"Raise the quota 'Concurrent executions' of Lambda in Service Quotas, or leave assistant.concurrency out of "
        f"{context.place.file}."
    )
    if reserved and free - reserved < UNRESERVED:
        cause = (
            f"assistant.concurrency is {reserved}, but the account has {free} free of {total} concurrent executions, "
            f"and Lambda keeps {UNRESERVED} for other functions"
        )
        yield complaint(context.place, "concurrency-too-low", cause, fix)
    elif total < FEW:
        cause = (
            f"The account runs at most {total} functions at once, in all its environments: if a few people ask at "
            f"the same time, some get a 503"
        )
        yield Noted(complaint(context.place, "concurrency-too-low", cause, fix))
    else:
        yield f"free concurrent executions: {free} of {total}"


def _reserved(context: PreflightContext) -> int:
    """The number of executions that the deploy's new functions reserve."""
    return sum(
        int(resource.get("Properties", {}).get("ReservedConcurrentExecutions", 0))
        for _, _, resource in context.new
        if resource["Type"] == "AWS::Lambda::Function"
    )
