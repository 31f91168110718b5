"""Tables, by subject: the people who sign in, and the tenants of customers."""

from tenants.models.people import Person
from tenants.models.tenant import Tenant

__all__ = ["Person", "Tenant"]
