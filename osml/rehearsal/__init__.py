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
from osml.rehearsal.subject import Subject

SUBJECTS = (
    Subject("indexes", indexes.look, indexes.compare, settles=True),
    Subject("access", access.look, access.compare),
    Subject("connectors", connectors.look, connectors.compare),
    Subject("models", models.look, models.compare, settles=True),
    Subject("pipelines", pipelines.look, pipelines.compare),
    Subject("deployed objects", deployed.look, deployed.compare, settles=True),
    Subject("a question", answers.look, answers.compare, settles=True),
    Subject("the assistant", assistant.look, answers.compare, settles=True),
    Subject("loading", loading.look, loading.compare, settles=True),
    Subject("searches", quality.look, quality.compare),
    Subject("settings", settings.look, settings.compare),
    Subject("making anew", anew.look, anew.compare),
)
