"""Who may: people come back as rows of Person, and roles open views. Closed unless listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from entra.types import CLOUDS
from tenants.models import Person, Tenant
from tenants.rules.freshness import is_fresh
from tenants.services.audit import record_refusal


class PersonBackend(BaseBackend):
    """Finds the person of a session. Signing in happens at Microsoft, never with a password."""

    def get_user(self, user_id: int) -> Person | None:
        return Person.objects.filter(pk=user_id, is_active=True).first()


class StaffRequest(HttpRequest):
    """A request that passed `staff`: somebody with a portal role is signed in."""

    user: Person
    kept_form: QueryDict | None  # what `fresh_sign_in` kept of a form, on the way back to it


class TenantRequest(HttpRequest):
    """A request that passed `tenant_admin`: an admin of a customer's tenant, and that tenant."""

    user: Person
    tenant: Tenant


View = Callable[..., HttpResponseBase]
Answer = TypeVar("Answer", bound=HttpResponseBase)


def staff(*roles: str) -> Callable[[View], View]:
    """Open a view to staff: to the named roles, or to every role when none is named.

    Who has no role at all sees a 404, as if the page did not exist; who has another role is told so.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person = request.user
            if not isinstance(person, Person) or not person.role:
                raise Http404
            if roles and person.role not in roles:
                _note_refusal(request, person, roles)
                needed = " or ".join(Person.Role(role).label for role in roles)
                raise PermissionDenied(f"This needs the role {needed}; yours is {person.get_role_display()}.")
            return view(request, *args, **kwargs)

        guarded.staff_roles = roles or tuple(r for r in Person.Role.values if r)  # type: ignore[attr-defined]
        return guarded

    return decorate


def _note_refusal(request: HttpRequest, person: Person, roles: Iterable[str]) -> None:
    view = request.resolver_match.view_name if request.resolver_match else ""
    record_refusal(person, view=view, path=request.path, roles=roles, now=timezone.now())


def tenant_of(person: Person) -> Tenant:
    """Return the customer's tenant that this person administers, or 404 as for a page that is not there."""
    tenant = customer_of(person) if person.is_tenant_admin else None
    if tenant is None:
        raise Http404
    return tenant


def customer_of(person: Person) -> Tenant | None:
    """Return the customer's tenant that this person belongs to, admin or not; None when it is none."""
    return Tenant.objects.filter(pk=person.tenant_id, installations__isnull=False).first()


def tenant_admin(view: View) -> View:
    """Open a view to admins of a customer's tenant; `request.tenant` is theirs. All others see a 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person = request.user
        if not isinstance(person, Person):
            raise Http404
        request.tenant = tenant_of(person)  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    guarded.tenant_admin = True  # type: ignore[attr-defined]
    return guarded


def _whole(form: QueryDict) -> QueryDict:
    return form


def _always(request: HttpRequest) -> bool:
    return True


def fresh_sign_in(
    *, when: Callable[[HttpRequest], bool] = _always, keep: Callable[[QueryDict], QueryDict] = _whole
) -> Callable[[View], View]:
    """Ask for a new proof of who this is, minutes old at most, before requests that `when` picks.

    A form that was posted comes back with the person, once, as `request.kept_form`; `keep` leaves out
    what must not be stored. It is shown again and never sent by itself: they press the button themselves.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if when(request) and not has_fresh_sign_in(request, now=timezone.now()):
                return _to_step_up(request, keep)
            request.kept_form = _kept_form(request)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        guarded.needs_fresh_sign_in = True  # type: ignore[attr-defined]
        return guarded

    return decorate


def has_fresh_sign_in(request: HttpRequest, *, now: datetime) -> bool:
    """Whether the person of this session proved themselves to Microsoft within the last minutes."""
    return is_fresh(request.session.get("fresh_at"), now=now)


def _kept_form(request: HttpRequest) -> QueryDict | None:
    """Return what was kept of this page's form, once: any other page forgets it."""
    kept = request.session.pop("kept_form", None) if request.method == "GET" else None
    return QueryDict(kept["form"]) if kept and kept["path"] == request.path else None


def _to_step_up(request: HttpRequest, keep: Callable[[QueryDict], QueryDict]) -> HttpResponseBase:
    if request.method == "POST":
        form = keep(request.POST).copy()
        form.pop("csrfmiddlewaretoken", None)
        request.session["kept_form"] = {"path": request.path, "form": form.urlencode()}
    url = f"{reverse('portal:step_up')}?{urlencode({'next': request.path})}"
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url, status=303)


def leads_to_microsoft(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Let forms here end at Microsoft: browsers apply form-action to the redirect after a POST too."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
        real = [f"https://{cloud.login_host}" for cloud in CLOUDS.values()]
        sandbox = settings.ENTRA_SANDBOX_URL
        opened = csp_update({"form-action": [sandbox] if sandbox else real})(view)
        return cast(Answer, opened(request, *args, **kwargs))

    return guarded
