"""Logs and metrics of the functions behind the API, without questions, documents and answers.

Logs are JSON lines with the request id and a digest of the caller. Metrics are lines of CloudWatch's embedded format:
`Questions`, `Grounded`, `NotInDocuments`, `Blocked`, `FromCache`, `Throttled`, `Failures`, `TurnsNotStored`,
`QuotaExceeded`, `QuotasNotCounted`, `TokensRead`, `TokensWritten` (counts), `ModelLatency`, `FirstWord` (milliseconds),
`TokenCost` (USD, for models in settings/price_list.py) and `Groundedness` (100 or 0 percent). Their dimensions are
`service` and `environment`.
"""

import logging
import traceback

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit

from aws.telemetry import NAMESPACE
from rag.failures import QuotaExceeded, RagFailure, Throttled
from rag.models import Answer
from settings.price_list import token_usd

SERVICE = "assistant"

logger = Logger(service=SERVICE)
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)
# This gives the library's log lines the form of the functions' own. Powertools only finds loggers that exist.
logging.getLogger("rag")
copy_config_to_registered_loggers(logger, include={"rag"})


def begin(request_id: str) -> None:
    """Add this request's id to the log lines that follow, and remove the keys of the previous request."""
    logger.thread_safe_clear_keys()
    logger.thread_safe_append_keys(request_id=request_id)


def belongs_to(environment: str) -> None:
    """Count metrics for this environment."""
    metrics.set_default_dimensions(environment=environment)


def count_question() -> None:
    """Count a question."""
    metrics.add_metric(name="Questions", unit=MetricUnit.Count, value=1)


def answered(answer: Answer) -> None:
    """Log and count an answer, including one that says that the documents do not contain it."""
    name = "Blocked" if answer.blocked else "Grounded" if answer.grounded else "NotInDocuments"
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
    if answer.cached:
        metrics.add_metric(name="FromCache", unit=MetricUnit.Count, value=1)
    if not answer.blocked:
        metrics.add_metric(name="Groundedness", unit=MetricUnit.Percent, value=100 if answer.grounded else 0)
    for time, ms in (("ModelLatency", answer.timings.model_ms), ("FirstWord", answer.timings.first_ms)):
        if ms is not None:
            metrics.add_metric(name=time, unit=MetricUnit.Milliseconds, value=ms)
    _count_tokens(answer)
    logger.info(
        "Answered.",
        extra={
            "grounded": answer.grounded,
            "blocked": answer.blocked,
            "sources": len(answer.sources),
            "model": answer.model,
            "timings": answer.timings.model_dump(),
        },
    )


def _count_tokens(answer: Answer) -> None:
    if answer.tokens is None:
        return
    read, written = answer.tokens.read, answer.tokens.written
    metrics.add_metric(name="TokensRead", unit=MetricUnit.Count, value=read)
    metrics.add_metric(name="TokensWritten", unit=MetricUnit.Count, value=written)
    if (usd := token_usd(answer.model, read, written)) is not None:
        metrics.add_metric(name="TokenCost", unit=MetricUnit.NoUnit, value=usd)


def failed(error: Exception) -> RagFailure:
    """Log an error and return the failure for the caller. For an unexpected error, log only its type and place."""
    if not isinstance(error, RagFailure):
        places = [
            f"{place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(error.__traceback__)
        ]
        logger.error("An unforeseen error.", extra={"error": type(error).__name__, "places": places})
        error = RagFailure("The assistant failed. Try again later; its log has the reason, under this request's id.")
    elif error.status < 500 and not isinstance(error, Throttled):
        logger.info("Refused.", extra={"error": type(error).__name__, "status": error.status})
        if isinstance(error, QuotaExceeded):
            metrics.add_metric(name="QuotaExceeded", unit=MetricUnit.Count, value=1)
        return error
    else:
        about = {"error": type(error).__name__, "status": error.status, "cause": error.cause, "said": error.said}
        logger.warning(error.message, extra=about)
    metrics.add_metric(name="Throttled" if isinstance(error, Throttled) else "Failures", unit=MetricUnit.Count, value=1)
    return error


def not_kept(error: Exception) -> None:
    """Log and count a turn of a conversation that could not be stored; its answer was given."""
    about = {"error": type(error).__name__, "cause": getattr(error, "cause", None), "said": getattr(error, "said", "")}
    logger.warning("A turn of a conversation was not stored.", extra=about)
    metrics.add_metric(name="TurnsNotStored", unit=MetricUnit.Count, value=1)


def not_counted(error: Exception) -> None:
    """Log and count a question whose quota could not be updated; its reply was given."""
    about = {"error": type(error).__name__, "cause": getattr(error, "cause", None), "said": getattr(error, "said", "")}
    logger.warning("A caller's quota was not updated.", extra=about)
    metrics.add_metric(name="QuotasNotCounted", unit=MetricUnit.Count, value=1)


def end() -> None:
    """Write the metrics of this request, if any."""
    if metrics.metric_set:
        metrics.flush_metrics()
