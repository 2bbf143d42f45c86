"""Documents out of files, and into a search index: what the command line and the ingest function share.

    report = load(
        read(stream, "handbook/leave.pdf", Reading("text")),
        lambda: Bulk(send, index="passages"),
        parts=partial(chunks, text_field="text", most=1000),
    )

Imports neither boto3 nor what parses a format that no file has.
"""
