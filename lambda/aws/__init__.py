"""How the functions use AWS: signatures, values in Secrets Manager, log lines, metrics and traces."""
