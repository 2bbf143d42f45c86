"""Logs, metrics and traces of both functions. What people ask, store and read is in none of them.

Logs are JSON lines with the request id and a digest of the caller. Metrics are lines of CloudWatch's embedded format:
`Questions`, `Grounded`, `NotInDocuments`, `Throttled`, `Failures` (counts) and `ModelLatency` (milliseconds), with
the dimensions `service` and `environment`.
"""

import os
import traceback

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from assistant.failures import Failure, Throttled
from assistant.models import Answer

# Also the logger's name: what the package's modules log (`assistant.*`) comes out through its handler.
SERVICE = "assistant"

logger = Logger(service=SERVICE)
tracer = Tracer(service=SERVICE)
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "osml"), service=SERVICE)


def begin(request_id: str) -> None:
    """From here on what is logged belongs to this request."""
    logger.thread_safe_clear_keys()
    logger.thread_safe_append_keys(request_id=request_id)


def belongs_to(environment: str) -> None:
    """Metrics are counted for this environment."""
    metrics.set_default_dimensions(environment=environment)


def asked() -> None:
    """A question was taken."""
    metrics.add_metric(name="Questions", unit=MetricUnit.Count, value=1)


def answered(answer: Answer) -> None:
    """A question was answered, if only by saying that the documents do not hold it."""
    metrics.add_metric(name="Grounded" if answer.grounded else "NotInDocuments", unit=MetricUnit.Count, value=1)
    if answer.timings.model_ms is not None:
        metrics.add_metric(name="ModelLatency", unit=MetricUnit.Milliseconds, value=answer.timings.model_ms)
    logger.info(
        "Answered.",
        extra={
            "grounded": answer.grounded,
            "sources": len(answer.sources),
            "model": answer.model,
            "timings": answer.timings.model_dump(),
        },
    )


def failed(error: Exception) -> Failure:
    """Log what went wrong and return it as the caller is told; of an unforeseen error only its kind and place."""
    if not isinstance(error, Failure):
        places = [
            f"{place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(error.__traceback__)
        ]
        logger.error("An unforeseen error.", extra={"error": type(error).__name__, "places": places})
        error = Failure("The assistant failed; its log says why, under this request's id. Try again later.")
    elif error.status < 500 and not isinstance(error, Throttled):
        logger.info("Refused.", extra={"error": type(error).__name__, "status": error.status})
        return error
    else:
        logger.warning(
            error.message, extra={"error": type(error).__name__, "status": error.status, "cause": error.cause}
        )
    metrics.add_metric(name="Throttled" if isinstance(error, Throttled) else "Failures", unit=MetricUnit.Count, value=1)
    return error


def end() -> None:
    """Write the metrics of this request, if there are any."""
    if metrics.metric_set:
        metrics.flush_metrics()
