"""`osml sync`: begins runs of sources, and shows how far they are."""
