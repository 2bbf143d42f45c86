"""The runtime of the functions, and when it ends."""

from __future__ import annotations

from datetime import date

from settings.end_of_life import EndOfLife

RUNTIME = "python3.13"
# Amazon patches it no more from then on, and takes no changes of such functions two months later.
ENDS = {RUNTIME: EndOfLife(date(2029, 6, 30), "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html")}
