"""Registering an application."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from consent.models import Application
from entra.types import CLOUDS

_REFERENCES = ("env:", "file:")


def without_secret(data: QueryDict) -> QueryDict:
    """Return what may be kept of this form: somebody may have pasted the secret itself."""
    data = data.copy()
    if not data.get("credential", "").startswith(_REFERENCES):
        data.pop("credential", None)
    return data


class RegistrationForm(forms.Form):
    """Every check is the service's; this only asks."""

    name = forms.CharField(
        max_length=120,
        help_text="As your customers know it. Their admins read it.",
        error_messages={"required": "Enter the application's name."},
    )
    client_id = forms.CharField(
        label="Application (client) ID",
        max_length=60,
        help_text="Entra, App registrations, your application, Overview.",
        error_messages={"required": "Enter the application's client ID."},
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    home_tenant = forms.CharField(
        label="Home tenant",
        max_length=253,
        help_text="The tenant in which it is registered: its GUID, or a domain such as contoso.com.",
        error_messages={"required": "Enter the tenant in which the application is registered."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    cloud = forms.ChoiceField(
        choices=[(cloud.name, cloud.label) for cloud in CLOUDS.values()],
        initial="global",
        help_text="Registrations of one cloud are unknown in the others.",
    )
    credential = forms.CharField(
        label="Credential reference",
        max_length=300,
        help_text="env:VARIABLE or file:PATH, where the portal finds the client secret, or the"
        " certificate with its key as PEM. The secret itself is never entered here and never stored.",
        error_messages={"required": "Name the place where its secret or certificate is kept."},
        widget=forms.TextInput(
            attrs={
                "class": "mono",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "env:CONNECTOR_SECRET",
            }
        ),
    )
    consent_endpoint = forms.ChoiceField(
        label="Consent endpoint",
        choices=Application.ConsentEndpoint.choices,
        initial=Application.ConsentEndpoint.V1,
        widget=forms.RadioSelect,
        help_text="Which of Microsoft's admin consent pages the approval links lead to.",
    )

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        typed = str(self.data.get("credential", ""))
        if not typed.startswith(_REFERENCES):
            # Somebody may have pasted the secret itself: it must not come back in a page.
            self.data = {**{name: self.data.get(name) for name in self.data}, "credential": ""}
