"""MathML: the characters between the parts of a formula, which it shows by their positions."""

from typing import Any

# The characters before each part except the first one, by the element around the parts.
_BETWEEN = {
    "mfrac": ("/",),
    "msup": ("^",),
    "msub": ("_",),
    "msubsup": ("_", "^"),
    "munder": ("_",),
    "munderover": ("_", "^"),
    "mtr": (" ", " "),
    "mtable": ("; ", "; "),
}
# The elements that may be such a part.
CHILDREN = frozenset(
    ("mi", "mn", "mo", "mrow", "mtext", "mfrac", "msup", "msub", "msubsup", "msqrt", "mroot", "mtd", "mtr", "mfenced")
)
_ROOTS = ("msqrt", "mroot")


def between(node: Any) -> str:
    """The characters before a part of a formula."""
    marks = _BETWEEN.get(node.parent.tag, ()) if node.parent is not None else ()
    before, earlier = node.prev, 0
    while marks and before is not None and earlier < len(marks):
        earlier += before.tag != "-text"
        before = before.prev
    return (marks[earlier - 1] if marks and earlier else "") + ("√" if node.tag in _ROOTS else "")
