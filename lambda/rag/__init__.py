"""Answers from documents, and documents into the index: the library of `ask`, `documents` and osml."""
