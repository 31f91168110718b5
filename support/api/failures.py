"""`POST /api/v1/failures`: an application reports calls that Microsoft denied. A key opens it, no session."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from support.api.description import description
from support.rules.report import OtherApplicationError, ReportError, read
from support.services.keys import TooManyError, admit, receive

MOST_BYTES: Final = 2 * 1024 * 1024


@login_not_required
@csrf_exempt
@require_POST
def failures(request: HttpRequest) -> JsonResponse:
    now = timezone.now()
    try:
        key = admit(request.headers.get("Authorization", ""), now=now)
        if key is None:
            # One answer, whatever was wrong with the key: nobody learns anything about any key.
            return _refused(401, "Send an ingest key as Authorization: Bearer cdk_….")
        refusal = _unreadable(request)
        if refusal:
            return _refused(*refusal)
        taken = receive(key, read(request.body), now=now)
    except UnreadablePostError:
        return _refused(400, "The body broke off.")
    except ReportError as error:
        status = 409 if isinstance(error, OtherApplicationError) else 422
        return _refused(status, str(error), row=error.row, field=error.problem.field or None)
    except TooManyError as error:
        answer = _refused(429, str(error))
        answer["Retry-After"] = str(error.retry_after)
        return answer
    return JsonResponse({"accepted": taken.accepted, "new": taken.new})


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    return JsonResponse(description())


def _unreadable(request: HttpRequest) -> tuple[int, str] | None:
    """Say why the body is not read at all, before a byte of it is."""
    if request.content_type != "application/json":
        return 415, "Send JSON, as Content-Type: application/json."
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        return 415, "Send the body as it is: compressed ones are not taken."
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return 411, "Send a Content-Length."
    if len(length) > 12 or int(length) > MOST_BYTES:
        return 413, f"The body is larger than {MOST_BYTES // 1024**2} MB. Send fewer rows at once."
    return None


def _refused(status: int, sentence: str, **more: Any) -> JsonResponse:
    answer = JsonResponse({"error": sentence, **more}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer
