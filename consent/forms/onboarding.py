"""Adding tenants: one by hand, or a CSV file."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile

from consent.rules.tenant_file import MAX_BYTES


class TenantForm(forms.Form):
    tenant = forms.CharField(
        max_length=253,
        label="Tenant",
        help_text="Its tenant ID (a GUID), or one of its domains such as northwind.com.",
        error_messages={"required": "Enter the tenant's ID or one of its domains."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(max_length=200, required=False, help_text="As you call this customer.")
    contact = forms.CharField(
        label="Contact",
        max_length=254,
        required=False,
        help_text="The e-mail address of the admin who receives approval links.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class TenantFileForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        help_text="Up to 20,000 rows and 2 MB, UTF-8. The first line names the columns:"
        " tenant, and if you like name and contact.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"empty": "The file is empty. Choose another.", "required": "Choose a file."},
    )

    def clean_file(self) -> bytes:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                f"The file has {(file.size or 0) / 1024**2:.1f} MB. Split it into files of at most 2 MB."
            )
        data: bytes = file.read()
        return data
