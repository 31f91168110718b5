"""AADSTS errors and their shapes. "Microsoft Entra authentication and authorization error codes"."""

import json
from typing import Any

from werkzeug.wrappers import Response

from sandbox.aadsts import CATALOG
from sandbox.exchange import Exchange


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


class EntraError(Exception):
    """An AADSTS code on its way to whichever shape the endpoint answers in."""

    def __init__(self, code: int, *, error: str = "", suberror: str = "", **values: Any) -> None:
        usual, status, text = CATALOG.get(code, ("invalid_request", 400, "An error occurred."))
        self.code = code
        self.status = status
        self.error = error or usual
        self.suberror = suberror
        self.text = f"AADSTS{code}: {text.format_map(_Blank(values))}"
        super().__init__(self.text)

    def description(self, exchange: Exchange, separator: str | None = None) -> str:
        between = exchange.directory.settings.error_separator if separator is None else separator
        parts = (
            self.text,
            f"Trace ID: {exchange.request_id}",
            f"Correlation ID: {exchange.correlation_id}",
            f"Timestamp: {exchange.timestamp}",
        )
        return between.join(parts)

    def body(self, exchange: Exchange) -> dict[str, Any]:
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": self.description(exchange),
            "error_codes": [self.code],
            "timestamp": exchange.timestamp,
            "trace_id": exchange.request_id,
            "correlation_id": exchange.correlation_id,
            "error_uri": f"{exchange.cloud().login}/error?code={self.code}",
        }
        if self.suberror:
            body["suberror"] = self.suberror
        return body

    def response(self, exchange: Exchange) -> Response:
        return as_json(self.body(exchange), self.status)


def as_json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json; charset=utf-8")
