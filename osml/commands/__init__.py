"""The commands of `osml`: one module each. A new module in this folder is a new command.

Its `PANEL` is the heading under which `osml --help` lists it.
"""

# In the order of `osml --help`.
PANELS = ("Set up", "Deploy", "Documents and questions", "People", "Operations")
