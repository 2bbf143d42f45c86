"""Keeps the documents of an index in step with a source: a website, a prefix of S3, a Git repository and others.

    source = source_at(settings, tools)
    keeping = InStep(source, settings, known, run, ...)
    keeping.go_on()

A kind of source is one module here, with the same name as its settings in `settings/sources/`. It lists items, and
tells for each whether it has changed. Everything else is the same for all kinds: see in_step.py.
"""
