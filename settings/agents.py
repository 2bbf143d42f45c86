"""The settings of the tools for agents: `assistant.agents`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings import Group

Tool = Literal["search", "ask", "list_documents", "get_document"]
TOOLS: tuple[Tool, ...] = ("search", "ask", "list_documents", "get_document")
# Cognito accepts https, an application's own scheme, and http only for localhost.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html
Callback = Annotated[
    str,
    Field(
        pattern=r"^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://localhost(:[0-9]{1,5})?|[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]*)"
        r"(/[A-Za-z0-9._~/-]*)?$",
        max_length=1024,
    ),
]


class Agents(Group):
    """Tools for agents at `/mcp` of the API, over the Model Context Protocol (Streamable HTTP).

    `tools` are the tools that agents get. `callbacks` are the addresses to which the pool's sign-in page may send an
    agent's user back; an agent's documentation names its address.
    """

    tools: list[Tool] = Field(default=[*TOOLS], min_length=1, examples=[["search", "get_document"]])
    callbacks: list[Callback] = Field(
        default_factory=list, max_length=100, examples=["http://localhost:3334/oauth/callback"]
    )

    def fault(self, sign_in: str) -> str | None:
        """A message if these settings do not fit the `sign_in` of the assistant, otherwise None."""
        if sign_in == "cognito" and not self.callbacks:
            return (
                "agents.callbacks is empty, but a user pool sends people back only to known addresses; set it to the "
                "address that the agent's documentation names"
            )
        if sign_in != "cognito" and self.callbacks:
            return (
                f"agents.callbacks is for people who sign in at a user pool, but sign_in is {sign_in!r}; "
                "set sign_in to cognito, or leave callbacks out"
            )
        if len(set(self.tools)) < len(self.tools):
            return "agents.tools names a tool twice; leave one out"
        return None
