"""Directory roles, and who of them may consent.

"Microsoft Entra built-in roles"; "Grant tenant-wide admin consent to an application".
"""

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
SECURITY_ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"

ROLES = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
    SECURITY_READER: "Security Reader",
    SECURITY_ADMINISTRATOR: "Security Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "cf1c38e5-3621-4004-a7cb-879624dced7c": "Application Developer",
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f": "Security Operator",
    "4a5d8f65-41da-4de4-8968-e035b65339cf": "Reports Reader",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
    "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": "Conditional Access Administrator",
    "17315797-102d-40b4-93e0-432062caca18": "Compliance Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
}

# Neither is a directory role: the first marks every ordinary member in `wids`, the second app-only tokens.
MEMBER_MARKER = "b79fbf4d-3ef9-4689-8143-76b194e85509"
APP_ONLY_MARKER = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"

CONSENTS_TO_EVERYTHING = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
# These two may consent to anything except application permissions of Microsoft Graph.
CONSENTS_TO_MOST = CONSENTS_TO_EVERYTHING | {APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR}
# The security API lets a signed-in person in with one of these only ("Authorization and the security API").
READS_SECURITY_DATA = frozenset({SECURITY_READER, SECURITY_ADMINISTRATOR, GLOBAL_ADMINISTRATOR})

_BY_NAME = {name.lower(): template for template, name in ROLES.items()}


def template_id(name: str) -> str:
    """The template id of a role given by its name or by that id."""
    found = _BY_NAME.get(name.lower(), name.lower())
    if found not in ROLES:
        raise ValueError(f"no directory role is called '{name}'")
    return found
