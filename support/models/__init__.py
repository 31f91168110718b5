from support.models.failures import FailedRequest, FailureCount, IngestKey

__all__ = ["FailedRequest", "FailureCount", "IngestKey"]
