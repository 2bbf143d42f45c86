"""The base classes of the objects of the API."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """An object of the API.

    Its validator and serializer are built at the first use, because most objects are only used as parts of others.
    """

    model_config = ConfigDict(defer_build=True)


class Body(Shape):
    """A request's body, or an object within it. An unknown field is an error."""

    model_config = ConfigDict(extra="forbid")
