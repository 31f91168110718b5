"""Who may: people come back as rows of Person, and staff roles open views. Closed unless listed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from entra.types import CLOUDS
from tenants.models import Person


class PersonBackend(BaseBackend):
    """Finds the person of a session. Signing in happens at Microsoft, never with a password."""

    def get_user(self, user_id: int) -> Person | None:
        return Person.objects.filter(pk=user_id, is_active=True).first()


class StaffRequest(HttpRequest):
    """A request that passed `staff`: somebody with a portal role is signed in."""

    user: Person


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
                raise PermissionDenied(f"This needs the role {' or '.join(roles)}; yours is {person.role}.")
            return view(request, *args, **kwargs)

        guarded.staff_roles = roles or tuple(r for r in Person.Role.values if r)  # type: ignore[attr-defined]
        return guarded

    return decorate


def leads_to_microsoft(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Let forms here end at Microsoft: browsers apply form-action to the redirect after a POST too."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer:
        real = [f"https://{cloud.login_host}" for cloud in CLOUDS.values()]
        sandbox = settings.ENTRA_SANDBOX_URL
        opened = csp_update({"form-action": [sandbox] if sandbox else real})(view)
        return cast(Answer, opened(request, *args, **kwargs))

    return guarded
