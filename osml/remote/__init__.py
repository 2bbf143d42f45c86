"""Access of the command line to deployed resources."""
