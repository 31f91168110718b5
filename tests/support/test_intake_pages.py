"""Keys, uploads and samples: who may, what is shown once, what the audit log keeps."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from support.models import FailedRequest, IngestKey
from support.services.keys import make_key
from tenants.models import AuditEvent
from tests.factories import make_application
from tests.support.reporting import reported

KEYS = reverse("support:ingest_keys", args=["sentinel-connector"])
UPLOAD = reverse("support:failure_upload", args=["sentinel-connector"])


def row(**overrides) -> str:
    recent = (timezone.now() - timedelta(minutes=1)).isoformat()
    return json.dumps(reported(**{"occurred_at": recent, **overrides}))


class TestKeys:
    def test_one_is_shown_once_works_until_it_is_revoked_and_is_audited(self, as_owner, application):
        page = as_owner.post(KEYS, {"name": "production"}).content.decode()
        text = page.split('data-copy="cdk_')[1].split('"')[0]
        key = IngestKey.objects.get()

        def report() -> int:
            headers = {"Authorization": f"Bearer cdk_{text}"}
            api = reverse("api:failures")
            return Client().post(api, row(), content_type="application/json", headers=headers).status_code

        assert report() == 200
        again = as_owner.get(KEYS).content.decode()
        assert text not in again
        assert f"cdk_{text[:4]}…" in again
        assert text not in json.dumps(dict(as_owner.session))

        revoked = as_owner.post(
            reverse("support:ingest_key_revoke", args=[application.slug, key.pk]), follow=True
        )

        assert "The key production is revoked." in revoked.content.decode()
        assert report() == 401
        events = list(AuditEvent.objects.filter(action__startswith="key-").order_by("sequence"))
        assert [event.action for event in events] == ["key-made", "key-revoked"]
        assert {event.object_id for event in events} == {str(key.pk)}
        assert text[8:] not in json.dumps([event.content() for event in events])

    def test_making_and_revoking_take_a_new_proof_of_who_it_is(self, client, owner, application):
        key = make_key(application=application, name="old", person=None, now=timezone.now()).key
        client.force_login(owner)

        for url in (KEYS, reverse("support:ingest_key_revoke", args=[application.slug, key.pk])):
            answer = client.post(url, {"name": "new"})
            assert (answer.status_code, answer["Location"].split("?")[0]) == (303, "/sign-in/again")
        assert IngestKey.objects.filter(revoked_at=None).get() == key

    def test_another_applications_key_cannot_be_revoked_here(self, as_owner, application):
        other = make_application(slug="other", name="Other", client_id=UUID(int=1))
        key = make_key(application=other, name="theirs", person=None, now=timezone.now()).key

        answer = as_owner.post(reverse("support:ingest_key_revoke", args=[application.slug, key.pk]))

        assert answer.status_code == 404
        assert IngestKey.objects.get().revoked_at is None

    def test_a_key_has_a_name(self, as_owner, application):
        answer = as_owner.post(KEYS, {"name": " "})

        assert answer.status_code == 422
        assert "Name the key after the place where it will be used." in answer.content.decode()
        assert not IngestKey.objects.exists()


class TestUpload:
    @pytest.fixture
    def upload(self, client, support, application):
        client.force_login(support)

        def upload(content: str | bytes):
            data = content if isinstance(content, bytes) else content.encode()
            return client.post(UPLOAD, {"file": SimpleUploadedFile("failures.jsonl", data)})

        return upload

    def test_good_lines_are_stored_and_bad_ones_named(self, upload):
        answer = upload(
            "\n".join([row(), "half a li", row(status=200), row(error="<script>alert(1)</script>")])
        )

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "2 new failures, 2 bad lines" in page
        assert "Line 2 is not JSON" in page
        assert "Line 3: status has to be 206, or 400 to 599" in page
        assert FailedRequest.objects.filter(source="file").count() == 2
        assert AuditEvent.objects.get(action="failures-imported").actor_name == "Sam Ito"

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"\x1f\x8b\x08\x00" + bytes(100), "The file is compressed (gzip). Unpack it first."),
            (b"", "The file is empty. Choose another."),
            (b"x" * (10 * 1024 * 1024 + 1), "Split it into files of at most 10 MB"),
        ],
    )
    def test_what_is_no_such_file_is_refused_in_one_sentence(self, upload, content, says):
        answer = upload(content)

        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert not FailedRequest.objects.exists()
