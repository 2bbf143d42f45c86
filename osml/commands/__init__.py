"""The commands of `osml`: one module each. A new module in this folder is a new command."""
