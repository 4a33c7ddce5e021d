"""Why a call is refused, before it is put into its vendor's own shape."""

from transcripts.refusals import Refused


class ApiError(Refused):
    """One sentence for whoever called. `code` and `param` are for vendors whose errors have them."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        *,
        code: str = "",
        param: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message, status)
        self.code = code
        self.param = param
        self.retry_after = retry_after  # seconds


class KeyRefused(ApiError):
    def __init__(self, message: str = "This API key is unknown, has expired or was revoked.") -> None:
        super().__init__(message, 401, code="invalid_api_key")


class ModelUnknown(ApiError):
    def __init__(self, name: str) -> None:
        message = f"The model “{name[:100]}” is not known here: GET /v1/models lists those that are."
        super().__init__(message, 404, code="model_not_found", param="model")


class RateLimited(ApiError):
    def __init__(self, retry_after: int) -> None:
        message = f"Too many requests with this API key: try again in {retry_after} s."
        super().__init__(message, 429, code="rate_limit_exceeded", retry_after=retry_after)


def of(refused: Refused) -> ApiError:
    return refused if isinstance(refused, ApiError) else ApiError(str(refused), refused.status)
