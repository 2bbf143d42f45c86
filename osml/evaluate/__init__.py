"""Measures how well search finds the documents for labelled questions."""
