"""Keeps the documents of an index in step with a source: a website, a prefix of S3, a Git repository and others.

    source = source_at(settings, tools)
    keeping = InStep(source, settings, known, run, ...)
    keeping.go_on()

A kind of source is one module here, named as its settings in `settings/sources/`. It lists items, and says of each
whether it has changed; everything else is the same for all kinds: in_step.py.
"""
