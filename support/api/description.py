"""The OpenAPI description, made of the very models that read what is sent."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from pydantic.json_schema import models_json_schema

from support.rules.report import MOST_ROWS, Report

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "description": "One sentence: what is wrong."},
        "row": {"type": "integer", "minimum": 1, "description": "Which one of a batch, counted from 1."},
        "field": {"type": ["string", "null"]},
    },
    "additionalProperties": False,
}
_TAKEN = {
    "type": "object",
    "required": ["accepted", "new"],
    "properties": {
        "accepted": {"type": "integer", "minimum": 0},
        "new": {"type": "integer", "minimum": 0, "description": "The others had been reported before."},
    },
    "additionalProperties": False,
}
_REFUSALS = {
    "400": "The body broke off.",
    "401": "No key, or not one that counts.",
    "409": "A row names another application than the key's.",
    "411": "No Content-Length.",
    "413": "More than 2 MB.",
    "415": "Not JSON, or compressed.",
    "422": "A row cannot be taken, so none was: the answer names row and field.",
    "429": "More rows than a minute takes; the header Retry-After says when there is room.",
}


@cache
def description() -> dict[str, Any]:
    _, definitions = models_json_schema([(Report, "validation")], ref_template="#/components/schemas/{model}")
    one = {"$ref": "#/components/schemas/Report"}
    many = {"type": "array", "items": one, "maxItems": MOST_ROWS}
    refusals = {
        status: {"description": text, "content": _json({"$ref": "#/components/schemas/Error"})}
        for status, text in _REFUSALS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Denied calls to Microsoft",
            "version": "1",
            "description": "Report calls to Microsoft Graph or the token endpoint that were denied."
            " Send facts, never a token; what looks like one is cut out."
            " Rows are stored all or none, and each once, however often it is sent.",
        },
        "servers": [{"url": settings.PORTAL_URL}],
        "security": [{"ingestKey": []}],
        "paths": {
            "/api/v1/failures": {
                "post": {
                    "operationId": "reportFailures",
                    "summary": "Report one failure, or up to 1,000",
                    "requestBody": {"required": True, "content": _json({"oneOf": [one, many]})},
                    "responses": {
                        "200": {"description": "Stored.", "content": _json(_TAKEN)},
                        **refusals,
                    },
                }
            }
        },
        "components": {
            "schemas": {**definitions["$defs"], "Error": _ERROR},
            "securitySchemes": {"ingestKey": {"type": "http", "scheme": "bearer"}},
        },
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
