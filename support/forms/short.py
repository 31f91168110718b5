"""The short form: what a customer can always tell of a denied call, when nobody has its id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from consent.models import Application, Installation
from consent.queries.lookup import installation_known_as
from support.rules.calls import split_url
from support.rules.facts import FailureFacts

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
CALL = re.compile(r"(?:(\w+)\s+)?(\S+)")


class ShortForm(forms.Form):
    """Tenant, time, call and status. The tenant is enough for a first answer."""

    tenant = forms.CharField(
        max_length=253,
        label="Tenant",
        help_text="Its ID or its domain",
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    at = forms.DateTimeField(
        required=False,
        label="Time of the call, UTC",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    call = forms.CharField(
        required=False,
        max_length=500,
        label="Call",
        help_text="As in GET /security/alerts_v2",
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    status = forms.IntegerField(required=False, min_value=100, max_value=599, label="Status")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, application: Application, now: datetime
    ) -> None:
        super().__init__(data, auto_id="short_%s")
        self.application, self.now = application, now
        self.installation: Installation | None = None

    def clean_tenant(self) -> str:
        text = self.cleaned_data["tenant"].strip()
        self.installation = installation_known_as(self.application, text)
        if self.installation is None:
            raise ValidationError(
                f"{self.application.name} has no tenant with this ID or domain. Look for it in the list of"
                " tenants."
            )
        return str(self.installation.tenant_id)

    def clean_call(self) -> str:
        text: str = self.cleaned_data["call"].strip()
        found = CALL.fullmatch(text) if text else None
        if text and (found is None or (found[1] or "GET").upper() not in METHODS):
            raise ValidationError("Write the method and the path, as in GET /security/alerts_v2.")
        return text

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at is not None and at > self.now + timedelta(days=1):
            raise ValidationError("This is in the future. Write the time of the call in UTC.")
        return at

    def facts(self) -> FailureFacts:
        """Return the call as the rules take it."""
        found = CALL.fullmatch(self.cleaned_data["call"])
        method, address = (found[1] or "GET", found[2]) if found else ("", "")
        door, version, path = split_url(address) if address else ("", "", "")
        return FailureFacts(
            occurred_at=self.cleaned_data["at"],
            door=door or ("graph" if path else ""),
            client_id=str(self.application.client_id),
            tenant_id=self.cleaned_data["tenant"],
            method=method.upper(),
            path=path,
            version=version,
            status=self.cleaned_data["status"],
        )
