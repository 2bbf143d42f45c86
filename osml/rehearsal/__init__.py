"""The subjects that `osml sandbox upgrade` compares, ordered so that each one depends only on those before it."""

from osml.rehearsal import (
    access,
    anew,
    answers,
    assistant,
    connectors,
    deployed,
    indexes,
    loading,
    models,
    pipelines,
    quality,
    settings,
)
from osml.rehearsal.subject import RehearsalSubject

SUBJECTS = (
    RehearsalSubject("indexes", indexes.look, indexes.compare, settles=True),
    RehearsalSubject("access", access.look, access.compare),
    RehearsalSubject("connectors", connectors.look, connectors.compare),
    RehearsalSubject("models", models.look, models.compare, settles=True),
    RehearsalSubject("pipelines", pipelines.look, pipelines.compare),
    RehearsalSubject("deployed objects", deployed.look, deployed.compare, settles=True),
    RehearsalSubject("a question", answers.look, answers.compare, settles=True),
    RehearsalSubject("the assistant", assistant.look, answers.compare, settles=True),
    RehearsalSubject("loading", loading.look, loading.compare, settles=True),
    RehearsalSubject("searches", quality.look, quality.compare),
    RehearsalSubject("settings", settings.look, settings.compare),
    RehearsalSubject("making anew", anew.look, anew.compare),
)
