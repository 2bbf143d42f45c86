"""The library of the tools for agents, whoever serves them: `osml mcp`, or the function `tools`."""
