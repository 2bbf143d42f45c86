"""Answers questions from documents, and loads documents into the index: the library of `ask`, `documents` and osml."""
