"""The library of functions behind API Gateway: caller, request, mistakes in it, and logs."""
