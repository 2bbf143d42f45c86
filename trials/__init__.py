"""What tests and benchmarks share: an ingest in its own process, and tables of figures in docs/."""
