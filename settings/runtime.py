"""The runtime of the functions, and when it ends."""

from __future__ import annotations

from datetime import date

from settings.end_of_life import EndOfLife

RUNTIME = "python3.13"
# From this day on Amazon does not patch the runtime; two months later it refuses changes of functions with it.
ENDS = {RUNTIME: EndOfLife(date(2029, 6, 30), "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html")}
