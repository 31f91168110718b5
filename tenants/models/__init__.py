"""Tables, by subject: the people who sign in, the tenants of customers, and the audit log."""

from tenants.models.audit import AuditCheck, AuditEvent, AuditTail
from tenants.models.people import Person
from tenants.models.tenant import Tenant

__all__ = ["AuditCheck", "AuditEvent", "AuditTail", "Person", "Tenant"]
