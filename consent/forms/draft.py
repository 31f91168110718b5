"""The draft of a revision. It lives in the form's fields alone: nothing is lost, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from consent.forms.permissions import KINDS, named, narrower, of_key
from consent.models import Application
from consent.queries.permission_list import Shown, api_name, by_name, show
from consent.queries.revisions import manifest_json
from consent.services.revisions import LONGEST_NOTE, LONGEST_REASON, Impact, preview
from entra import catalog
from entra.errors import ManifestError
from entra.manifest import parse_required_access
from entra.types import Permission

TOKENS = (
    (".default", "With .default: whatever the tenant granted"),
    ("named", "By name: each permission is listed when somebody signs in"),
)


@dataclass(frozen=True)
class Row:
    """One permission of the draft or of the revision it is based on; `change` is new, removed or ""."""

    shown: Shown
    change: str
    field: forms.BoundField | None
    narrower: str = ""

    @property
    def key(self) -> str:
        return self.shown.key

    @property
    def anchor(self) -> str:
        return "-".join(self.shown.permission.key)

    @property
    def kind_label(self) -> str:
        return "Application" if self.shown.kind == "application" else "Delegated"


class DraftForm(forms.Form):
    """What somebody wants the next revision to ask for.

    `permission` is posted once per permission of the draft; its reason has a field of its own.
    """

    name = forms.CharField(
        label="Name",
        help_text="A permission of Microsoft Graph, such as SecurityAlert.Read.All.",
        max_length=200,
        widget=forms.TextInput(attrs={"list": "catalog", "autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label="Kind", choices=KINDS, widget=forms.RadioSelect)
    manifest = forms.CharField(
        label="Manifest",
        help_text="A whole application manifest, or its requiredResourceAccess. It replaces the list above.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="Note to admins",
        required=False,
        help_text="One paragraph of plain text, shown with the new permissions.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tokens = forms.ChoiceField(
        label="How does your app ask for tokens?", choices=TOKENS, widget=forms.RadioSelect
    )
    confirm = forms.CharField(
        label="Confirm", required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *, application: Application, data: QueryDict | None = None) -> None:
        usual = {"kind": "application", "tokens": ".default"}
        filled = data.copy() if data is not None else None
        for name, value in usual.items():
            if filled is not None and name not in filled:
                filled[name] = value
        super().__init__(data=filled, initial=usual, use_required_attribute=False)
        self.application = application
        self.touched = ""  # key of the permission that was changed last: its row takes the focus
        self.base = application.revisions.prefetch_related("permissions").order_by("-number").first()
        self.chosen = set(self.base_reasons) if data is None else self._posted(data)
        self._offer_reasons()

    @property
    def base_number(self) -> int:
        return self.base.number if self.base else 0

    @property
    def edited_number(self) -> int:
        """The revision that was current when the editing began."""
        posted = str(self.data.get("based_on", ""))
        return int(posted) if posted.isdecimal() and len(posted) < 10 else self.base_number

    def rebase(self) -> None:
        """Go on from the revision that somebody else has published; the draft itself stays."""
        self.base = self.application.revisions.prefetch_related("permissions").order_by("-number").first()
        self.__dict__.pop("base_reasons", None)
        self.__dict__.pop("impact", None)
        cast(QueryDict, self.data)["based_on"] = str(self.base_number)
        self._offer_reasons()

    @cached_property
    def base_reasons(self) -> Mapping[Permission, str]:
        if self.base is None:
            return {}
        return {row.permission: row.reason for row in self.base.permissions.all()}

    @cached_property
    def impact(self) -> Impact:
        return preview(application=self.application, required=self.chosen)

    @property
    def changed(self) -> bool:
        return self.chosen != set(self.base_reasons)

    def _posted(self, data: QueryDict) -> set[Permission]:
        known = {":".join(p.key): p for p in self.base_reasons}
        found = (known.get(key) or of_key(key) for key in data.getlist("permission"))
        return {permission for permission in found if permission is not None}

    def _offer_reasons(self) -> None:
        """Give a field to every permission that lacks a reason; only a new one must have it."""
        for name in [name for name in self.fields if name.startswith("reason-")]:
            del self.fields[name]
        for permission in self.chosen:
            if not self.base_reasons.get(permission):
                self.fields[_reason_field(permission)] = forms.CharField(
                    label=f"Why do you need {permission.value}?",
                    required=permission not in self.base_reasons,
                    error_messages={"required": "Say why. Without a reason no admin should approve it."},
                    max_length=LONGEST_REASON,
                    help_text="Every tenant's admin reads this.",
                    widget=forms.Textarea(attrs={"rows": 2}),
                )

    @staticmethod
    def shown_again(data: QueryDict) -> QueryDict:
        """Return a draft that was to be published as one that is looked at: nothing publishes by itself."""
        data = data.copy()
        data["action"] = "preview"
        return data

    # --- What a button does -------------------------------------------------------------------------------

    def act(self) -> str:
        """Do what the pressed button says to the draft; return the button's name."""
        self._overlook(self.data.get("action") == "publish")
        for name, change in (("drop", self._drop), ("undo", self._undo)):
            if name in self.data:
                change(str(self.data[name]))
                break
        else:
            name = str(self.data.get("action", "preview"))
            if name == "enter":  # the Enter key in some field
                name = "add" if str(self.data.get("name", "")).strip() else "preview"
            if name == "add":
                self._add()
            elif name == "paste":
                self._paste()
        self._offer_reasons()
        return name

    def _overlook(self, publishing: bool) -> None:
        """Forget about empty fields that the pressed button has nothing to do with."""
        for name, errors in list(self.errors.as_data().items()):
            wanted = publishing and name.startswith("reason-")
            if not wanted and all(error.code == "required" for error in errors):
                del self.errors[name]

    def _drop(self, key: str) -> None:
        self.chosen = {p for p in self.chosen if ":".join(p.key) != key}
        self.touched = key

    def _undo(self, key: str) -> None:
        self.chosen |= {p for p in self.base_reasons if ":".join(p.key) == key}
        self.touched = key

    def _add(self) -> None:
        try:
            permission = named(self.cleaned_data.get("name", ""), self.cleaned_data.get("kind", ""))
        except ValidationError as error:
            self.add_error("name", error)
            return
        if permission in self.chosen:
            self.add_error("name", f"{permission.value} ({permission.kind}) is in the draft already.")
            return
        self.chosen.add(permission)
        self.touched = ":".join(permission.key)
        self._empty("name")

    def _paste(self) -> None:
        text = self.cleaned_data.get("manifest", "")
        try:
            self.chosen = set(parse_required_access(json.loads(text)))
        except (json.JSONDecodeError, RecursionError):
            self.add_error(
                "manifest", "This is not JSON. Copy the whole manifest from Entra, then paste it here."
            )
        except ManifestError as error:
            self.add_error("manifest", str(error))
        else:
            self._empty("manifest")

    def _empty(self, name: str) -> None:
        cast(QueryDict, self.data)[name] = ""

    # --- Publishing ---------------------------------------------------------------------------------------

    def check_for_publishing(self) -> bool:
        """Whether the draft can be published; what is wrong stands at its field."""
        if len(self.cleaned_data.get("note", "")) > LONGEST_NOTE:
            self.add_error("note", f"Shorten the note to {LONGEST_NOTE} characters.")
        if self.changed and not self.errors and not self._confirmed():
            self.add_error("confirm", f"Type {self.to_type} to confirm.")
        return not self.errors

    @property
    def to_type(self) -> str:
        """What has to be typed: how many tenants will change, or the application's name when none will."""
        return f"{self.impact.changing:,}" if self.impact.changing else self.application.name

    def _confirmed(self) -> bool:
        typed = str(self.cleaned_data.get("confirm", "")).strip()
        if self.impact.changing:
            return typed.replace(",", "") == str(self.impact.changing)
        return typed.casefold() == self.application.name.casefold()

    @property
    def required(self) -> list[tuple[Permission, str]]:
        """The draft as the service takes it."""
        return [(p, self.cleaned_data.get(_reason_field(p), "")) for p in by_name(self.chosen)]

    # --- What the page shows ------------------------------------------------------------------------------

    @property
    def apis(self) -> list[dict[str, Any]]:
        """Rows of the draft and of what it removes, API by API."""
        shown = by_name(self.chosen | set(self.base_reasons))
        resources = list(dict.fromkeys(p.resource for p in shown))
        return [
            {"name": api_name(r), "rows": [self._row(p) for p in shown if p.resource == r]} for r in resources
        ]

    def _row(self, permission: Permission) -> Row:
        change = "removed" if permission not in self.chosen else ""
        if permission not in self.base_reasons:
            change = "new"
        name = _reason_field(permission)
        return Row(
            shown=show(permission, reason=self.base_reasons.get(permission, "")),
            change=change,
            field=self[name] if name in self.fields else None,
            narrower=narrower(permission, self.chosen) if change == "new" else "",
        )

    @property
    def names(self) -> list[str]:
        """Every name of Microsoft Graph's catalog, for the list under the input."""
        return list(dict.fromkeys(p.value for p in catalog.permissions()))

    @property
    def manifest_json(self) -> str:
        return manifest_json(frozenset(self.chosen))


def _reason_field(permission: Permission) -> str:
    return "-".join(("reason", *permission.key))
