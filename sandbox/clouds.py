"""Addresses of each cloud.

"Microsoft Entra authentication and national clouds"; "National cloud deployments".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cloud:
    login_host: str
    graph_host: str
    issuer_v1: str
    instance: str

    @property
    def login(self) -> str:
        return f"https://{self.login_host}"


CLOUDS = {
    "global": Cloud(
        "login.microsoftonline.com", "graph.microsoft.com", "https://sts.windows.net", "microsoftonline.com"
    ),
    "usgov": Cloud(
        "login.microsoftonline.us", "graph.microsoft.us", "https://sts.windows.net", "microsoftonline.us"
    ),
    "usgovdod": Cloud(
        "login.microsoftonline.us", "dod-graph.microsoft.us", "https://sts.windows.net", "microsoftonline.us"
    ),
    "china": Cloud(
        "login.partner.microsoftonline.cn",
        "microsoftgraph.chinacloudapi.cn",
        "https://sts.chinacloudapi.cn",
        "partner.microsoftonline.cn",
    ),
}

# Instance discovery's `metadata`: preferred network, preferred cache, aliases.
ALIASES = (
    (
        "login.microsoftonline.com",
        "login.windows.net",
        ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ),
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        ("login.microsoftonline.us", "login.usgovcloudapi.net"),
    ),
)
LOGIN_HOSTS = frozenset(alias for _, _, aliases in ALIASES for alias in aliases)


def by_host(host: str) -> Cloud:
    """The cloud of a Host header. Clients forward here, so most requests name none."""
    name = host.partition(":")[0].lower()
    for cloud in CLOUDS.values():
        if name in (cloud.login_host, cloud.graph_host):
            return cloud
    return CLOUDS["global"]
