"""Directory roles by template id, as `wids` of an id token and role assignments name them.

Microsoft Entra, "Microsoft Entra built-in roles": a built-in role has the same template id in every tenant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ROLE_NAMES: Final = {
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f": "Security Operator",
    "5d6b6bb7-de71-4623-b4af-96380a352509": "Security Reader",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "cf1c38e5-3621-4004-a7cb-879624dced7c": "Application Developer",
    "4a5d8f65-41da-4de4-8968-e035b65339cf": "Reports Reader",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
    "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": "Conditional Access Administrator",
    "17315797-102d-40b4-93e0-432062caca18": "Compliance Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
}

# Roles that can consent to applications or read security data: they open their organization's own pages.
ADMIN_ROLES: Final = frozenset(
    template
    for template, name in ROLE_NAMES.items()
    if name
    in {
        "Global Administrator",
        "Privileged Role Administrator",
        "Application Administrator",
        "Cloud Application Administrator",
        "Security Administrator",
        "Security Operator",
        "Security Reader",
        "Global Reader",
    }
)


# "wids" of every ordinary member and of app-only tokens; neither is a role.
_MARKERS: Final = frozenset({"b79fbf4d-3ef9-4689-8143-76b194e85509", "0997a1d0-0d1d-4acb-b408-d5ca73121e90"})


def roles_among(wids: Iterable[str]) -> list[str]:
    """Return the template ids among these, sorted, custom roles included."""
    return sorted({template.lower() for template in wids} - _MARKERS)


def names_of(templates: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the built-in roles among these, the most powerful first.

    Custom roles have no name that is the same in every tenant.
    """
    held = {template.lower() for template in templates}
    return tuple(name for template, name in ROLE_NAMES.items() if template in held)


def is_admin(templates: Iterable[str]) -> bool:
    """Whether one of these opens the pages of the person's own organization."""
    return not ADMIN_ROLES.isdisjoint(template.lower() for template in templates)
