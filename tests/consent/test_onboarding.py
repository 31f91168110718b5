"""Adding tenants: by GUID or domain, one at a time or from a CSV file."""

import uuid

import pytest
import requests
from django.core.exceptions import ValidationError

from consent.models import GrantPattern, Installation, PatternCount
from consent.rules.tenant_file import Row
from consent.services import onboarding
from consent.services.patterns import recount
from tenants.models import Tenant
from tests.factories import (
    NOW,
    P1,
    T1,
    T2,
    make_application,
    make_installation,
    make_revision,
    make_tenant,
)

pytestmark = pytest.mark.django_db
SILENT = "http://127.0.0.1:9"  # discard: nobody listens


def add(application, tenant=str(T1), **kwargs):
    return onboarding.add_tenant(application=application, tenant=tenant, person=None, now=NOW, **kwargs)


def upload(application, text):
    data = text.encode() if isinstance(text, str) else text
    return onboarding.import_csv(application=application, data=data, person=None, now=NOW)


def complaints(act, *args, **kwargs):
    """Return the sentences, having checked that nothing was written."""
    before = Tenant.objects.count(), Installation.objects.count(), PatternCount.objects.count()
    with pytest.raises(ValidationError) as caught:
        act(*args, **kwargs)
    assert (Tenant.objects.count(), Installation.objects.count(), PatternCount.objects.count()) == before
    error = caught.value
    return error.message_dict if hasattr(error, "error_dict") else error.messages


class TestAddTenant:
    def test_knows_nothing_of_a_new_tenant_and_has_it_checked_at_once(self, application):
        revision = make_revision(application, P1)
        installation = add(application, name="Northwind Traders", contact="ada@northwind.example")
        assert (installation.tenant.id, installation.tenant.name) == (T1, "Northwind Traders")
        assert installation.tenant.contact == "ada@northwind.example"
        assert (installation.condition, installation.proved_at) == ("unread", None)
        assert installation.next_check_at == NOW
        assert installation.sort_name == "northwind traders"
        assert installation.pattern.grants.granted == frozenset()
        assert revision.comparisons.get().pattern == installation.pattern
        assert not recount(application, repair=False)

    def test_takes_a_guid_in_capitals_with_blanks_around_it(self, application):
        assert add(application, f"  {str(T2).upper()} ").tenant_id == T2

    def test_calls_a_nameless_tenant_by_its_guid(self, application):
        assert add(application).tenant.name == str(T1)

    def test_works_before_the_first_revision(self, application):
        assert add(application).condition == "unread"

    def test_shares_the_tenant_with_other_applications_and_fills_in_a_missing_contact(self, application):
        other = make_application(slug="other", name="Other", client_id=uuid.uuid4())
        make_installation(other, make_tenant("Northwind Traders", id=T1))
        installation = add(application, name="Somebody else", contact="ada@northwind.example")
        assert installation.tenant.name == "Northwind Traders"
        assert installation.tenant.contact == "ada@northwind.example"

    def test_refuses_what_is_neither_guid_nor_domain(self, application):
        assert complaints(add, application, "northwind") == {
            "tenant": ["northwind is neither a tenant id (a GUID) nor a domain such as contoso.com."]
        }
        assert complaints(add, application, " ") == {
            "tenant": ["Enter the tenant's GUID, or one of its domains."]
        }

    def test_refuses_a_tenant_that_is_there_already(self, application):
        make_installation(application, make_tenant("Northwind Traders", id=T1))
        assert complaints(add, application) == {"tenant": [f"Northwind Traders ({T1}) is already there."]}

    def test_refuses_a_contact_that_is_no_address(self, application):
        assert complaints(add, application, contact="ada at northwind") == {
            "contact": ["ada at northwind is not an e-mail address. Correct it or leave it out."]
        }

    def test_refuses_an_endless_name(self, application):
        assert complaints(add, application, name="x" * 201) == {
            "name": ["A name has at most 200 printable characters. Shorten it."]
        }

    def test_says_so_when_microsoft_cannot_be_asked_about_a_domain(self, application, settings):
        settings.ENTRA_SANDBOX_URL = SILENT
        (sentence,) = complaints(add, application, "northwind.example")["tenant"]
        assert sentence.startswith("Microsoft could not be reached")
        assert sentence.endswith("Give the tenant's GUID, or try again later.")


class TestAddTenantByDomain:
    def test_finds_the_tenant_at_microsoft(self, application, microsoft):
        installation = add(application, "Northwind.example")
        assert installation.tenant_id == T1
        assert (installation.tenant.domain, installation.tenant.name) == ("northwind.example",) * 2

    def test_refuses_a_domain_that_microsoft_does_not_know(self, application, microsoft):
        assert complaints(add, application, "northwindd.example") == {
            "tenant": [
                "Microsoft knows no organization with the domain northwindd.example."
                " Check it, or give the tenant's GUID."
            ]
        }

    def test_recognizes_by_domain_a_tenant_that_was_added_by_guid(self, application, microsoft):
        add(application, name="Northwind Traders")
        assert complaints(add, application, "northwind.example") == {
            "tenant": [f"Northwind Traders ({T1}) is already there."]
        }


class TestImportCsv:
    def test_adds_every_row_with_its_name_and_contact(self, application):
        revision = make_revision(application, P1)
        text = (
            "\ufefftenant,name,contact\r\n"
            f"{T1},Northwind Traders,ada@northwind.example\r\n\r\n"
            f'{T2},"Fabrikam, Residences",\r\n'
        )
        assert upload(application, text).added == 2
        assert {t.name: t.contact for t in Tenant.objects.all()} == {
            "Northwind Traders": "ada@northwind.example",
            "Fabrikam, Residences": "",
        }
        assert set(Installation.objects.values_list("next_check_at", "condition")) == {(NOW, "unread")}
        assert revision.comparisons.count() == GrantPattern.objects.count() == 1
        assert not recount(application, repair=False)

    def test_takes_columns_in_any_order_and_semicolons(self, application):
        upload(application, f"Name;Tenant\nNorthwind Traders;{T1}\n")
        assert Tenant.objects.get().name == "Northwind Traders"

    def test_writes_in_chunks_not_row_by_row(self, application, django_assert_max_num_queries):
        make_revision(application, P1)
        text = "tenant\n" + "\n".join(str(uuid.uuid4()) for _ in range(400))
        with django_assert_max_num_queries(40):
            upload(application, text)
        assert application.installations.count() == 400

    def test_resolves_domains_first(self, application, microsoft):
        result = upload(application, f"tenant\nnorthwind.example\n{T2}\n")
        assert (result.added, result.domains_resolved) == (2, 1)
        assert set(application.installations.values_list("tenant_id", flat=True)) == {T1, T2}

    def test_adds_nothing_when_one_row_is_wrong_and_names_row_and_column(self, application):
        text = f"tenant,contact\n{T1},ada@northwind.example\nnorthwind,nobody\n"
        assert complaints(upload, application, text) == [
            "Row 3, column tenant: northwind is neither a tenant id (a GUID)"
            " nor a domain such as contoso.com.",
            "Row 3, column contact: nobody is not an e-mail address. Correct it or leave it out.",
        ]

    def test_refuses_a_tenant_that_is_there_already(self, application):
        make_installation(application, make_tenant("Northwind Traders", id=T1))
        assert complaints(upload, application, f"tenant\n{T2}\n{T1}\n") == [
            f"Row 3, column tenant: Northwind Traders ({T1}) is already there."
        ]

    def test_refuses_a_tenant_twice_in_one_file(self, application):
        assert complaints(upload, application, f"tenant\n{T1}\n{T2}\n{str(T1).upper()}\n") == [
            f"Row 4, column tenant: {T1} is in row 2 already. Remove one."
        ]

    def test_refuses_an_unknown_domain_with_its_row(self, application, microsoft):
        assert complaints(upload, application, f"tenant\n{T1}\nnowhere.example\n") == [
            "Row 3, column tenant: Microsoft knows no organization with the domain nowhere.example."
            " Check it, or give the tenant's GUID."
        ]

    def test_names_ten_faulty_rows_and_counts_the_rest(self, application):
        said = complaints(upload, application, "tenant\n" + "wrong\n" * 13)
        assert len(said) == 11
        assert said[-1] == "And 3 more rows like these."

    def test_asks_microsoft_about_at_most_fifty_domains(self, application, settings):
        settings.ENTRA_SANDBOX_URL = SILENT
        text = "tenant\n" + "\n".join(f"d{n}.example" for n in range(51))
        assert complaints(upload, application, text) == [
            "51 tenants are named by domain, and Microsoft has to be asked about each."
            " Use GUIDs for all but 50."
        ]

    def test_stops_asking_when_microsoft_is_down(self, application, microsoft):
        requests.post(
            f"{microsoft.url}/_sandbox/faults", json={"kind": "error503", "endpoint": "metadata"}, timeout=5
        )
        text = "tenant\n" + "\n".join(f"d{n}.example" for n in range(50))
        (sentence,) = complaints(upload, application, text)
        assert sentence.startswith("Microsoft could not be reached")
        assert sentence.endswith("Give the tenant's GUID, or try again later.")
        asked = requests.get(f"{microsoft.url}/_sandbox/requests?endpoint=metadata", timeout=5).json()
        assert len(asked["requests"] if isinstance(asked, dict) else asked) < 30

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "The first line must name the columns: tenant, and if you like name and contact."),
            (
                f"{T1}\n".encode(),
                "The first line must name the columns: tenant, and if you like name and contact.",
            ),
            (b"tenant\n", "The file has a header but no tenant. Add one line per tenant."),
            (b"tenant,phone\n", "Unknown column “phone”. Use tenant, name and contact."),
            (b"tenant,tenant\n", "The column tenant is there twice. Remove one."),
            (
                "tenant\nMüller".encode("latin-1"),
                "The file is not UTF-8 text. Save it as CSV UTF-8, then upload it again.",
            ),
            (b'tenant\n"abc"def\n', "Line 2 is not CSV: a quote is out of place. Mend it."),
            (
                f"tenant\n{T1},x\n".encode(),
                "Row 2 has more cells than the header has columns. Mend it.",
            ),
            (b"x" * (10 * 1024**2), "The file has 10.0 MB. Split it into files of at most 2 MB."),
            (
                b"tenant\n" + b"x.example\n" * 20_001,
                "The file has 20,001 tenants. Split it into files of at most 20,000.",
            ),
        ],
    )
    def test_refuses_another_file_in_one_sentence(self, application, data, sentence):
        assert complaints(upload, application, data) == [sentence]


class TestAddTenants:
    def test_takes_rows_that_were_read_elsewhere(self, application):
        rows = [Row(tenant=str(T1), name="Northwind Traders", number=1)]
        assert onboarding.add_tenants(application=application, rows=rows, person=None, now=NOW).added == 1
        assert Installation.objects.get().sort_name == "northwind traders"
