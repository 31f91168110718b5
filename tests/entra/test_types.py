import pytest

from entra.confidential import Transport, confidential_client
from entra.errors import Unavailable
from entra.types import CLOUDS, GRAPH, Client, Permission, Secret, is_guid
from sandbox.demo import CONNECTOR, NORTHWIND

P1 = "bf394140-e372-4bf9-a898-299cfc7564e5"


class TestPermissions:
    def test_the_label_does_not_count(self):
        assert Permission(GRAPH, "application", P1, "a") == Permission(GRAPH, "application", P1.upper(), "b")
        assert len({Permission(GRAPH, "application", P1, "a"), Permission(GRAPH, "application", P1)}) == 1

    def test_the_kind_does(self):
        assert Permission(GRAPH, "application", P1) != Permission(GRAPH, "delegated", P1)

    def test_they_sort_by_resource_kind_and_id(self):
        some = [Permission("b", "application", "1"), Permission("a", "delegated", "1")]
        some += [Permission("a", "application", "2", "x"), Permission("a", "application", "1", "y")]
        assert [p.key for p in sorted(some)] == sorted(p.key for p in some)

    def test_json_names_all_four(self):
        assert Permission(GRAPH, "application", P1, "v").json() == {
            "resource": GRAPH,
            "kind": "application",
            "id": P1,
            "value": "v",
        }


@pytest.mark.parametrize(
    "text", ["", "x", P1 + "\n", f"{{{P1}}}", P1.replace("-", ""), None, 5, f"urn:uuid:{P1}"]
)
def test_only_the_canonical_form_is_a_guid(text):
    assert not is_guid(text)
    assert is_guid(P1)
    assert is_guid(P1.upper())


def test_clouds_have_the_addresses_that_microsoft_documents():
    assert {name: (c.login_host, c.graph_host) for name, c in CLOUDS.items()} == {
        "global": ("login.microsoftonline.com", "graph.microsoft.com"),
        "usgov": ("login.microsoftonline.us", "graph.microsoft.us"),
        "usgovdod": ("login.microsoftonline.us", "dod-graph.microsoft.us"),
        "china": ("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
    }
    assert "login.chinacloudapi.cn" in CLOUDS["china"].login_hosts


class TestWhatMsalMayAsk:
    def test_only_the_metadata_of_its_authority(self, session):
        transport = Transport(session, "https://login.microsoftonline.com/x")
        found = transport.get("https://login.microsoftonline.com/x/v2.0/.well-known/openid-configuration")
        assert found.body["token_endpoint"] == "https://login.microsoftonline.com/x/oauth2/v2.0/token"
        with pytest.raises(Unavailable):
            transport.get("https://login.microsoftonline.com/common/discovery/instance")

    def test_what_it_did_not_ask_has_no_answer(self, session):
        client = Client(CONNECTOR, CLOUDS["global"], Secret("s"))
        with pytest.raises(Unavailable, match="did not ask"):
            _ = confidential_client(session, client, NORTHWIND).answer

    def test_closing_it_leaves_the_session_open(self, session, microsoft):
        Transport(session, "x").close()
        microsoft.grant(NORTHWIND)
        assert session.get(f"https://login.microsoftonline.com/{NORTHWIND}/discovery/v2.0/keys").body["keys"]

    @pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
    def test_every_cloud_is_an_authority_without_discovery(self, session, microsoft, cloud):
        client = Client(CONNECTOR, cloud, Secret("s"))
        app = confidential_client(session, client, NORTHWIND).app
        assert app.authority.token_endpoint == f"https://{cloud.login_host}/{NORTHWIND}/oauth2/v2.0/token"
        assert microsoft.asked() == []
