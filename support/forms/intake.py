"""How denied calls come in: the name of a new key, and a file."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile

LARGEST_FILE = 10 * 1024 * 1024


class IngestKeyForm(forms.Form):
    name = forms.CharField(
        max_length=80,
        help_text="Where it will be used, such as “production” or “eu-west”.",
        error_messages={"required": "Name the key after the place where it will be used."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class FailureFileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="JSON Lines: ours, or exported MicrosoftGraphActivityLogs. Up to 10 MB, not compressed.",
        widget=forms.FileInput(attrs={"accept": ".json,.jsonl,.ndjson,application/json"}),
        error_messages={"empty": "The file is empty. Choose another.", "required": "Choose a file."},
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        size = file.size or 0
        if size > LARGEST_FILE:
            raise forms.ValidationError(
                f"The file has {size / 1024**2:.1f} MB. Split it into files of at most"
                f" {LARGEST_FILE // 1024**2} MB, or use manage.py import_failures."
            )
        return file
