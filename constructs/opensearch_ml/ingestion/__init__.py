"""Loading of documents: the drop, and pipelines for batches."""
