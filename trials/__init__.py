"""What tests and benchmarks share: an ingest in a process of its own, and tables of figures in docs/."""
