"""The library of the tools for agents, which `osml mcp` and the function `tools` serve."""
