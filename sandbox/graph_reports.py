"""Sign-in and audit logs: only their doors. "List signIns", "List directoryAudits"."""

from werkzeug.wrappers import Response

from sandbox.graph_call import Call, GraphError


def _require(call: Call) -> None:
    needed = ("AuditLog.Read.All",)
    if not call.permits(needed, needed):
        message = "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All"
        raise GraphError(403, "Authentication_MSGraphPermissionMissing", message)


def sign_ins(call: Call) -> Response:
    """A licence is asked for as well; its lack is no matter of consent."""
    _require(call)
    if not call.tenant.premium:
        message = "Neither tenant is B2C or tenant doesn't have premium license"
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)
    return call.many("auditLogs/signIns", [])


def directory_audits(call: Call) -> Response:
    _require(call)
    return call.many("auditLogs/directoryAudits", [])
