"""How the functions meet AWS: signatures, values in Secrets Manager, log lines, metrics and traces."""
