"""The pages that register an application and add tenants."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from consent.models import Application, Installation
from tests.factories import CONNECTOR, HOME, P1, T1, T2, make_installation, make_revision, make_tenant

pytestmark = pytest.mark.django_db
REGISTER = "/register"


def registration(**changes):
    return {
        "name": "Sentinel Connector",
        "client_id": str(CONNECTOR),
        "home_tenant": str(HOME),
        "cloud": "global",
        "credential": "env:CONNECTOR_SECRET",
        "consent_endpoint": "v1",
        **changes,
    }


def address(name):
    return reverse(f"consent:{name}", kwargs={"slug": "sentinel-connector"})


class TestApplicationRegister:
    def test_shows_the_redirect_address_before_anything_is_registered(self, as_owner):
        assert "http://localhost:8000/c/return" in as_owner.get(REGISTER).content.decode()

    def test_registers_and_shows_what_to_enter_at_entra(self, as_owner, microsoft):
        response = as_owner.post(REGISTER, registration(), follow=True)
        assert response.redirect_chain == [(address("application_detail"), 302)]
        page = response.content.decode()
        assert "Registered. Microsoft accepted its credential." in page
        assert "http://localhost:8000/c/return" in page
        assert "env:CONNECTOR_SECRET" in page

    def test_says_when_the_credential_could_not_be_tested(self, as_owner, settings):
        settings.ENTRA_SANDBOX_URL = "http://127.0.0.1:9"
        page = as_owner.post(REGISTER, registration(), follow=True).content.decode()
        assert "Registered, but the credential could not be tested" in page

    def test_puts_the_sentence_at_the_field_and_keeps_what_was_typed(self, as_owner):
        response = as_owner.post(REGISTER, registration(client_id="sentinel", name="My connector"))
        assert response.status_code == 422
        assert response.context["form"].errors == {
            "client_id": [
                "This is not a GUID. Copy the Application (client) ID from Entra, "
                "App registrations, Overview."
            ]
        }
        page = response.content.decode()
        assert "<title>Error: Register an application" in page
        assert "My connector" in page
        assert not Application.objects.exists()

    def test_never_shows_a_secret_that_was_pasted_by_mistake(self, as_owner):
        response = as_owner.post(REGISTER, registration(credential="Zx8~very-secret"))
        assert response.status_code == 422
        assert "very-secret" not in response.content.decode()
        assert "env:VARIABLE or file:PATH" in response.content.decode()

    @pytest.mark.parametrize("role", ["support", "viewer"])
    def test_is_for_owners(self, client, request, role):
        client.force_login(request.getfixturevalue(role))
        assert client.get(REGISTER).status_code == 403
        assert client.post(REGISTER, registration()).status_code == 403
        assert not Application.objects.exists()


class TestApplicationDetail:
    def test_shows_why_microsoft_refuses_the_credential(self, application, as_owner):
        Application.objects.update(
            credential_error="The application's client secret has expired (AADSTS7000222).",
            credential_error_at=application.created_at,
        )
        page = as_owner.get(address("application_detail")).content.decode()
        assert "client secret has expired (AADSTS7000222)." in page
        assert "Refused" in page

    def test_is_readable_for_every_role_without_its_buttons(self, application, client, viewer):
        client.force_login(viewer)
        page = client.get(address("application_detail")).content.decode()
        assert "http://localhost:8000/c/return" in page
        assert "Add tenants" not in page


class TestTenantAdd:
    def test_adds_one_and_opens_its_page(self, application, as_owner):
        make_revision(application, P1)
        response = as_owner.post(
            address("tenant_add"), {"one-tenant": str(T1), "one-name": "Northwind Traders"}
        )
        assert response.url == reverse("consent:tenant_detail", args=["sentinel-connector", T1])
        assert Installation.objects.get().tenant.name == "Northwind Traders"

    def test_imports_a_file(self, application, as_owner):
        file = SimpleUploadedFile("t.csv", f"tenant\n{T1}\n{T2}\n".encode())
        response = as_owner.post(address("tenant_add"), {"csv": "1", "csv-file": file})
        assert response.url == address("tenant_list")
        assert Installation.objects.count() == 2

    def test_says_that_a_tenant_is_there_already(self, application, as_owner):
        make_installation(application, make_tenant("Northwind Traders", id=T1))
        response = as_owner.post(address("tenant_add"), {"one-tenant": str(T1)})
        assert response.status_code == 422
        assert response.context["form"].errors == {"tenant": [f"Northwind Traders ({T1}) is already there."]}

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"x" * (10 * 1024**2), "The file has 10.0 MB. Split it into files of at most 2 MB."),
            (b"", "The file is empty. Choose another."),
            (
                b"tenant\nnorthwind\n",
                "Row 2, column tenant: northwind is neither a tenant id (a GUID)"
                " nor a domain such as contoso.com.",
            ),
        ],
    )
    def test_refuses_a_file_in_one_sentence(self, application, as_owner, content, sentence):
        file = SimpleUploadedFile("t.csv", content)
        response = as_owner.post(address("tenant_add"), {"csv": "1", "csv-file": file})
        assert response.status_code == 422
        assert response.context["file_form"].errors == {"file": [sentence]}
        assert not Installation.objects.exists()

    def test_asks_for_a_file_when_none_was_chosen(self, application, as_owner):
        response = as_owner.post(address("tenant_add"), {"csv": "1"})
        assert response.context["file_form"].errors == {"file": ["Choose a file."]}

    def test_is_for_owners(self, application, client, support):
        client.force_login(support)
        assert client.post(address("tenant_add"), {"one-tenant": str(uuid.uuid4())}).status_code == 403
        assert not Installation.objects.exists()
