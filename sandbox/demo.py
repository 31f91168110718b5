"""The story to walk through: a publisher, its staff, its watched application and two customers."""

from sandbox.model import JSON

HOME = "0c0ffee0-0000-4000-8000-000000000001"
PORTAL = "0c0ffee0-0000-4000-8000-0000000000a1"
CONNECTOR = "5e471e10-0000-4000-8000-0000000000c1"
NORTHWIND = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"


def demo() -> JSON:
    return {"applications": [_portal(), _connector()], "tenants": [_home(), _northwind(), _fabrikam()]}


def _portal() -> JSON:
    return {
        "appId": PORTAL,
        "displayName": "Consent drift portal",
        "homeTenant": HOME,
        "redirectUris": [
            "http://localhost:8000/sign-in/return",
            "http://127.0.0.1:8000/sign-in/return",
        ],
        "secrets": ["sandbox-portal-secret"],
        "requiredResourceAccess": ["openid:delegated", "profile:delegated", "User.Read:delegated"],
        "appRoles": ["Owner", "Support", "Viewer"],
        "directoryRolesInIdToken": True,
    }


def _connector() -> JSON:
    return {
        "appId": CONNECTOR,
        "displayName": "Sentinel Connector",
        "homeTenant": HOME,
        "redirectUris": ["http://localhost:8000/c/return", "http://127.0.0.1:8000/c/return"],
        "secrets": ["sandbox-connector-secret"],
        "requiredResourceAccess": ["SecurityEvents.Read.All:application"],
        "directoryRolesInIdToken": True,
    }


def _home() -> JSON:
    return {
        "id": HOME,
        "displayName": "Contoso Security",
        "domains": ["contoso.example"],
        "users": [
            _person(HOME, 1, "Dana Okafor", "dana@contoso.example", portal_role="Owner"),
            _person(HOME, 2, "Sam Ito", "sam@contoso.example", portal_role="Support"),
            _person(HOME, 3, "Vera Lind", "vera@contoso.example", portal_role="Viewer"),
            _person(HOME, 4, "Ned Strange", "ned@contoso.example"),
        ],
        "apps": [
            {
                "appId": PORTAL,
                "granted": ["openid:delegated", "profile:delegated", "User.Read:delegated"],
            },
            {"appId": CONNECTOR, "granted": ["SecurityEvents.Read.All:application"]},
        ],
    }


def _northwind() -> JSON:
    nora = 2, "Nora Lindqvist", "nora@northwind.example", "Cloud Application Administrator"
    return {
        "id": NORTHWIND,
        "displayName": "Northwind Traders",
        "domains": ["northwind.example"],
        "users": [
            _person(NORTHWIND, 1, "Ada Alvarez", "ada@northwind.example", "Privileged Role Administrator"),
            _person(NORTHWIND, *nora),
            _person(NORTHWIND, 3, "Rui Costa", "rui@northwind.example"),
            _person(NORTHWIND, 4, "Sera Novak", "sera@northwind.example", "Security Reader"),
            _person(NORTHWIND, 5, "Elio Marin", "elio@northwind.example")
            | {"eligibleRoles": ["Security Reader"]},
            _person(NORTHWIND, 6, "Gus Petrov (guest)", "gus@fabrikam.example") | {"guestOf": FABRIKAM},
        ],
    }


def _fabrikam() -> JSON:
    return {
        "id": FABRIKAM,
        "displayName": "Fabrikam Residences",
        "domains": ["fabrikam.example"],
        "users": [
            _person(FABRIKAM, 1, "Femi Adeyemi", "femi@fabrikam.example", "Global Administrator"),
            _person(FABRIKAM, 2, "Saba Mensah", "saba@fabrikam.example", "Security Administrator"),
            _person(FABRIKAM, 3, "Gus Petrov", "gus@fabrikam.example"),
        ],
    }


def _person(
    tenant: str, number: int, name: str, username: str, *directory_roles: str, portal_role: str = ""
) -> JSON:
    return {
        "id": f"{tenant[:8]}-0000-4000-8000-{number:012d}",
        "displayName": name,
        "userPrincipalName": username,
        "directoryRoles": list(directory_roles),
        "appRoles": {PORTAL: [portal_role]} if portal_role else {},
    }
