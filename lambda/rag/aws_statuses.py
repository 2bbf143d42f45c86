"""The HTTP status that each error of AWS means, by the name of the error.

JSON APIs answer with status 400 for all of these. Errors in streams have no status.
"""

STATUS = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "InternalServiceError": 500,
    "InternalStreamFailure": 500,
    "ModelNotReadyException": 503,
    "ModelStreamErrorException": 500,
    "ModelStreamError": 500,
    "ModelTimeoutException": 504,
    "ProvisionedThroughputExceededException": 429,
    "RequestLimitExceeded": 429,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 429,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
}
