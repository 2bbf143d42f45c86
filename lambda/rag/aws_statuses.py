"""The HTTP status that an error of AWS stands for, by its name.

JSON APIs answer all of these with status 400, and streams without a status.
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
