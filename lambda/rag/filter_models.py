"""What limits a search, in requests of the API and in searches that the answer model asks for."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from rag.shape import Body

Wanted = Annotated[str, StringConstraints(min_length=1, max_length=500)]


FieldValue = bool | int | float | Wanted


class FieldRange(Body):
    """A range of a declared number or date, with both ends; a date is `2026`, `2026-03`, `2026-03-31` or has a time."""

    gte: int | float | Wanted | None = Field(default=None, description="The least value.", examples=[2023])
    lte: int | float | Wanted | None = Field(default=None, description="The greatest value.", examples=[2026])


def _of_one_form(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        raise ValueError(
            "a filter is a value, a list of 1 to 50 values, or a range with gte, lte or both; texts have 1 to 500 "
            "characters"
        ) from None


FieldFilter = Annotated[
    FieldValue | Annotated[list[FieldValue], Field(min_length=1, max_length=50)] | FieldRange,
    WrapValidator(_of_one_form),
]


class Filters(Body):
    """Limits the search. Values of one field are alternatives; all fields must match."""

    document: Wanted | Annotated[list[Wanted], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Ids of documents.", examples=["boston"]
    )
    title: Wanted | Annotated[list[Wanted], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="A phrase in the title.", examples=["metro areas"]
    )
    fields: dict[Wanted, FieldFilter] | None = Field(
        default=None,
        max_length=20,
        description="Values of other fields of the documents, or ranges of fields that `index.fields` declares. Only "
        "on a domain.",
        examples=[{"team": ["sales", "support"], "year": {"gte": 2023}}],
    )
