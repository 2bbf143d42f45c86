"""The first file of an environment: offers to choose from, and the file that a choice makes."""
