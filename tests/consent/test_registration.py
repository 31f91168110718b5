"""Registering an application: what is checked, and what Microsoft is asked."""

import datetime
import uuid

import pytest
import requests
from django.core.exceptions import ValidationError

from consent.models import Application
from consent.services.registration import register_application
from tests.factories import CONNECTOR, HOME, NOW, T1, make_application

pytestmark = pytest.mark.django_db
SILENT = "http://127.0.0.1:9"  # discard: nobody listens


def register(**changes):
    values = {
        "name": "Sentinel Connector",
        "client_id": str(CONNECTOR),
        "home_tenant": str(HOME),
        "cloud": "global",
        "credential": "env:CONNECTOR_SECRET",
        "person": None,
        "now": NOW,
        **changes,
    }
    return register_application(**values)


def refused(**changes):
    """Return the fields with their sentence, having checked that nothing was stored."""
    before = Application.objects.count()
    with pytest.raises(ValidationError) as caught:
        register(**changes)
    assert Application.objects.count() == before
    return {field: sentence for field, (sentence,) in caught.value.message_dict.items()}


def change_application(microsoft, **changes):
    url = f"{microsoft.url}/_sandbox/applications/{CONNECTOR}"
    requests.patch(url, json=changes, timeout=5).raise_for_status()


class TestRegister:
    def test_stores_the_application_after_microsoft_took_its_credential(self, microsoft):
        application, note = register()
        assert note == ""
        stored = Application.objects.get()
        assert stored == application
        assert (stored.slug, stored.name, stored.client_id) == (
            "sentinel-connector",
            "Sentinel Connector",
            CONNECTOR,
        )
        assert (stored.home_tenant, stored.cloud, stored.consent_endpoint) == (HOME, "global", "v1")
        assert (stored.credential, stored.created_at) == ("env:CONNECTOR_SECRET", NOW)

    def test_finds_the_home_tenant_of_a_domain(self, microsoft):
        application, _ = register(home_tenant="contoso.example")
        assert application.home_tenant == HOME

    def test_registers_while_microsoft_is_down_and_says_that_the_credential_was_not_tested(self, settings):
        settings.ENTRA_SANDBOX_URL = SILENT
        application, note = register()
        assert application.pk
        assert note.startswith("Registered, but the credential could not be tested: Microsoft could not be")
        assert note.endswith(". The next check tries it again.")

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Register", "register-app"),
            ("C", "c-app"),
            ("Sign in", "sign-in-app"),
            ("Ünïcode Wächter", "unicode-wachter"),
            ("監視", "application"),
            ("x" * 120, "x" * 50),
        ],
    )
    def test_makes_an_address_from_the_name_that_collides_with_no_page(self, settings, name, slug):
        settings.ENTRA_SANDBOX_URL = SILENT
        assert register(name=name)[0].slug == slug

    def test_gives_a_second_application_of_the_same_name_its_own_address(self, settings):
        settings.ENTRA_SANDBOX_URL = SILENT
        make_application(client_id=uuid.uuid4())
        assert register()[0].slug == "sentinel-connector-2"


class TestRegisterRefuses:
    def test_a_client_id_that_is_no_guid(self):
        assert refused(client_id="sentinel") == {
            "client_id": "This is not a GUID. Copy the Application (client) ID from Entra, "
            "App registrations, Overview."
        }

    def test_a_client_id_that_is_registered_already(self):
        make_application()
        assert refused(name="Again") == {
            "client_id": "Sentinel Connector is already registered with this client id."
        }

    def test_an_empty_name(self):
        assert refused(name="  ") == {"name": "Give the application a name; every tenant's admin reads it."}

    def test_an_unknown_cloud(self):
        assert refused(cloud="mars") == {
            "cloud": "Unknown cloud mars. Choose one of global, usgov, usgovdod, china."
        }

    def test_an_unknown_consent_endpoint(self):
        assert refused(consent_endpoint="v3") == {
            "consent_endpoint": "Unknown consent endpoint. Choose v1 or v2."
        }

    def test_a_secret_where_its_reference_belongs(self):
        assert refused(credential="s3cr3t~value") == {
            "credential": "A credential is named as env:VARIABLE or file:PATH;"
            " the secret itself is never entered here."
        }

    def test_a_variable_that_is_not_set(self):
        assert refused(credential="env:NOBODY_SET_THIS") == {
            "credential": "The environment variable NOBODY_SET_THIS is not set. Set it, or name another one."
        }

    def test_a_file_that_cannot_be_read(self, tmp_path):
        path = tmp_path / "missing.pem"
        assert refused(credential=f"file:{path}") == {
            "credential": f"The file {path} cannot be read as text. Check the path and its permissions."
        }

    def test_a_key_without_its_certificate(self, tmp_path):
        path = tmp_path / "key.pem"
        path.write_text("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n")
        assert refused(credential=f"file:{path}") == {
            "credential": "The credential has a private key but no certificate beside it."
            f" Mend what file:{path} holds."
        }

    def test_a_home_tenant_that_is_neither_guid_nor_domain(self):
        assert refused(home_tenant="contoso") == {
            "home_tenant": "contoso is neither a tenant id (a GUID) nor a domain such as contoso.com."
            " Check the home tenant."
        }

    def test_a_wrong_credential(self, microsoft, monkeypatch):
        monkeypatch.setenv("CONNECTOR_SECRET", "not-the-secret")
        assert refused() == {
            "credential": "Microsoft rejected the application's client secret as wrong (AADSTS7000215)."
            " Put a valid one there, then register again."
        }

    def test_an_expired_secret(self, microsoft):
        change_application(
            microsoft,
            secrets=[
                {
                    "value": "sandbox-connector-secret",
                    "expires": (NOW - datetime.timedelta(days=900)).isoformat(),
                }
            ],
        )
        assert refused() == {
            "credential": "The application's client secret has expired (AADSTS7000222)."
            " Put a valid one there, then register again."
        }

    def test_a_home_tenant_that_microsoft_does_not_know(self, microsoft):
        said = refused(home_tenant=str(uuid.UUID(int=7)))
        assert said["home_tenant"].startswith("Microsoft knows no such organization (AADSTS9000")

    def test_a_home_tenant_that_has_no_such_application(self, microsoft):
        assert refused(client_id=str(uuid.UUID(int=9)), home_tenant=str(T1)) == {
            "client_id": "The home tenant has no application with this client id (AADSTS700016)."
            " Check the client id, the home tenant and the cloud."
        }
