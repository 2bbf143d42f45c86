"""The library of the functions behind API Gateway: callers, requests, mistakes in requests, and logs."""
