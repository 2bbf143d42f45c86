"""Office formulas: the characters between the cells of a matrix, and between other parts that stand side by side."""

# By the element around the parts, and the element of a part.
_BETWEEN = {("mr", "e"): " ", ("m", "mr"): "; ", ("eqArr", "e"): "; ", ("d", "e"): ", "}


class FormulaParts:
    """The open elements of a formula, in the order of reading."""

    def __init__(self) -> None:
        # The name of each element, and how many parts it has so far.
        self._open: list[tuple[str, int]] = []

    def open(self, name: str) -> str:
        """Begin an element, and return the characters before it."""
        between = ""
        if self._open:
            around, parts = self._open[-1]
            between = _BETWEEN.get((around, name), "")
            self._open[-1] = (around, parts + bool(between))
            between = between if parts else ""
        self._open.append((name, 0))
        return between

    def close(self) -> None:
        """End the innermost element."""
        if self._open:
            self._open.pop()
