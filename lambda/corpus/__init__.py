"""Reads documents from files and loads them into a search index, for the command line and the functions.

    report = load(
        read(stream, "handbook/leave.pdf", Reading("text")),
        lambda: Bulk(send, index="passages"),
        parts=partial(chunks, text_field="text", most=1000),
    )

Imports no boto3, and imports the parser of a format only for a file of that format.
"""
