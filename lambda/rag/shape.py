"""What all objects of the API have in common."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """An object of the API. What checks and writes it is built at the first use, and most are part of another one."""

    model_config = ConfigDict(defer_build=True)


class Body(Shape):
    """A request's body, or an object within it. An unknown field is an error."""

    model_config = ConfigDict(extra="forbid")
