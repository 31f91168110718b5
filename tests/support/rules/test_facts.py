import pytest

from support.rules.facts import audience_is_graph


@pytest.mark.parametrize(
    ("aud", "graph"),
    [
        ("00000003-0000-0000-c000-000000000000", True),
        ("https://graph.microsoft.com", True),
        ("https://graph.microsoft.com/", True),
        ("https://dod-graph.microsoft.us", True),
        ("https://graph.windows.net", False),
        ("api://5e471e10-0000-4000-8000-0000000000c1", False),
        ("", False),
    ],
)
def test_an_audience_is_microsoft_graph_by_id_or_address(aud, graph):
    assert audience_is_graph(aud) is graph
