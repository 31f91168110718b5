"""What is cut out of a text before it is kept, and what stays."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rules.redact import CUT, cut
from tests.growth import growth

JWT = (
    "eyJ0eXAiOiJKV1QiLCJub25jZSI6ImNhbmFyeSIsImFsZyI6IlJTMjU2In0"
    ".eyJhdWQiOiJodHRwczovL2dyYXBoLm1pY3Jvc29mdC5jb20iLCJyb2xlcyI6WyJQMSJdfQ"
    ".c2lnbmF0dXJlLWNhbmFyeS1zaWduYXR1cmU_c2ln-bmF0dXJl"
)
JWE = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00iLCJ6aXAiOiJERUYifQ.a2V5a2V5.aXZpdg.Y2lwaGVy.dGFn"
SPACED = base64.urlsafe_b64encode(b'{ "alg": "none" }').rstrip(b"=").decode() + ".eyJhdWQiOiJ4In0."
REFRESH = "0.AXkAq1-canaryCANARY_0123456789abcdefghij.AgABAwEAAADW6jl31mB3T7ugrWTT8pFe"
PERSONAL = "M.C555_BAY.0.U.-Canary!0123*4567$89abcdef"
SECRET = "abC8Q~canary.0123456789-ABCDEFGHIJ_klmno"
KEY = "cdk_Canary0123456789-ABCDEFGHIJKLMNOPQRSTUV_wxyz"
LINK = "11111111222233334444555555555555.Zm9vYmFyLWNhbmFyeS1zaWduYXR1cmUtb2YtNDM"
PEM = (
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"
    "\nQ0FOQVJZ\n-----END PRIVATE KEY-----"
)

SECRETS = {
    "a token": JWT,
    "a token without its signature": JWT.rpartition(".")[0],
    "a token with its signature emptied": JWT.rpartition(".")[0] + ".",
    "the first part alone": JWT.partition(".")[0],
    "an encrypted token of five parts": JWE,
    "a token whose header begins with a blank": SPACED,
    "a refresh token": REFRESH,
    "a refresh token of the newer kind": "1" + REFRESH[1:],
    "a code of a personal account": PERSONAL,
    "a client secret": SECRET,
    "a key of this portal": KEY,
    "a private key": PEM,
    "a private key within JSON": PEM.replace("\n", "\\n"),
    "a private key whose end is lost": PEM.partition("-----END")[0],
    "a token wrapped into lines": "\n".join(JWT[n : n + 60] for n in range(0, len(JWT), 60)),
    "a long opaque token": "EwB4A8l6BAAU+Canary/0123456789abcdefghijklmnopqrstuvwxyz" * 3 + "==",
}
CANARIES = ("anary", "Q0FO", "c2ln", "YW5hcnk", "CANARY", "ZXlK", "dGFn", "AgABAwE", "YmFy")

CARRIERS = {
    "a header of a request": "GET /v1.0/me HTTP/1.1\r\nAuthorization: {}\r\nclient-request-id: x",
    "a header with a scheme": "Authorization: Bearer {}",
    "a header of proof of possession": "authorization: PoP {}",
    "a scheme alone": "sent Bearer {} to Graph",
    "an object of headers": '{{"Authorization": "Bearer {}", "Accept": "application/json"}}',
    "a dictionary of Python": "{{'Authorization': 'Bearer {}', 'Accept': '*/*'}}",
    "a list of values": '{{"Authorization":["Bearer {}"]}}',
    "JSON in JSON": '{{"headers":"{{\\"Authorization\\":\\"Bearer {}\\"}}"}}',
    "a command of curl": "curl -H 'Authorization: Bearer {}' https://graph.microsoft.com/v1.0/me",
    "an answer of the token endpoint": '{{"token_type":"Bearer","access_token":"{}","expires_in":3599}}',
    "a form": "grant_type=refresh_token&refresh_token={}&client_id=x",
    "a form with an assertion": "client_assertion={}&client_assertion_type=urn:ietf:params:oauth:x",
    "an address with a fragment": "https://app.example/back#id_token={}&state=1",
    "an address with a code": "https://app.example/back?code={}&session_state=1",
    "an address in an address": "https://a.example/?next=https%3A%2F%2Fb.example%2F%3Faccess_token%3D{}",
    "a cookie": "Cookie: ESTSAUTH={}; theme=dark",
    "a cookie being set": '{{"Set-Cookie": "fpc={}; path=/; secure"}}',
    "a setting": "AZURE_CLIENT_SECRET={}",
    "a setting with a camel's hump": "clientSecret: {}",
    "HTML": "&quot;access_token&quot;:&quot;{}&quot;",
    "part of a form": 'Content-Disposition: form-data; name="client_secret"\r\n\r\n{}\r\n--x',
    "an element": '<wsse:Password Type="PasswordText">{}</wsse:Password>',
    "a sentence": "we sent {} and got a 403",
}


def leaks(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


class TestSecretsAreCutOut:
    @pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
    def test_alone(self, secret):
        text, count = cut(secret)
        assert not leaks(text)
        assert count >= 1

    @pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
    @pytest.mark.parametrize(
        "name", ["a token", "a refresh token", "a client secret", "a key of this portal"]
    )
    def test_in_what_carries_them(self, carrier, name):
        text, count = cut(carrier.format(SECRETS[name]))
        assert not leaks(text)
        assert count == 1
        assert cut(text) == (text, 0)

    @pytest.mark.parametrize(
        "text",
        [
            "grant_type=password&username=dana&password=canary",
            '{"password":"it\\"s canary"}',
            "Password: canary",
            "client_secret=canary",
            "?code=canary&state=1",
            "Cookie: a=canary; b=anary",
            "Authorization: Basic ZXlKanary",
            "Authorization: canary",
            'Authorization: Digest username="canary", response="canary"',
            "device_code=canary",
            'name="client_secret"\r\n\r\ncanary',
            "<wsse:Password>canary</wsse:Password>",
            "code=canary&grant_type=authorization_code",
            "sent Bearer canarycanarycanarycanary to Graph",
            "curl -u: Basic canarycanarycanary== there",
            "the old kind of key, CANARYcanary0123456789CANARYcanary012345678=",
            "https://x.example/blob?sv=1&sig=canary0123456789",
        ],
    )
    def test_whatever_the_value_looks_like(self, text):
        assert not leaks(cut(text)[0])

    def test_an_approval_link_loses_its_token(self):
        assert cut(f"see https://portal.example/c/{LINK}?x=1") == (
            f"see https://portal.example/c/{CUT}?x=1",
            1,
        )

    def test_the_rest_of_a_report_stays_readable_json(self):
        report = {
            "url": "/me",
            "headers": {"Authorization": f"Bearer {JWT}", "client-request-id": "id"},
            "n": 1,
        }
        text, count = cut(json.dumps(report))
        assert json.loads(text) == {
            "url": "/me",
            "headers": {"Authorization": CUT, "client-request-id": "id"},
            "n": 1,
        }
        assert count == 1

    def test_each_is_counted(self):
        assert cut(f"{JWT} {REFRESH} {SECRET}") == (f"{CUT} {CUT} {CUT}", 3)


ORDINARY = [
    "0c0ffee0-0000-4000-8000-000000000001",
    "{0C0FFEE0-0000-4000-8000-000000000001}",
    "Authorization_RequestDenied",
    "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
    "Insufficient privileges to complete the operation.",
    "Bearer access token is empty.",
    "Missing application roles. API required roles: SecurityAlert.Read.All,SecurityAlert.ReadWrite.All,"
    "SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, application roles: SecurityEvents.Read.All.",
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client"
    " secret value, not the client secret ID, for a secret added to app"
    " '5e471e10-0000-4000-8000-0000000000c1'."
    " Trace ID: 0c0ffee0-0000-4000-8000-000000000001 Timestamp: 2026-01-15 10:22:33Z",
    "AADSTS7000218: The request body must contain the following parameter: 'client_assertion'"
    " or 'client_secret'.",
    "AADSTS700082: The refresh token has expired due to inactivity. The token was issued on"
    " 2026-01-15T10:22:33Z.",
    "AADSTS54005: OAuth2 Authorization code was already redeemed, please retry with a new valid code.",
    "https://login.microsoftonline.com/error?code=65004",
    '{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}',
    "code='Forbidden', status_code=403, message='Missing application roles.'",
    "https://graph.microsoft.com/v1.0/security/alerts_v2/da637551227677560813_-96144"
    "4813?$filter=severity eq 'high'",
    "https://graph.microsoft.com/v1.0/servicePrincipals/0c0ffee0-0000-4000-8000-0000"
    "00000001/appRoleAssignments",
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize",'
    ' error="insufficient_claims"',
    '199 - "Microsoft/WDATP/401/228"',
    '{"ServerInfo":{"DataCenter":"UK South","Slice":"E","Ring":"3","ScaleUnit":"002"'
    ',"RoleInstance":"LO1PEPF"}}',
    "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:clien"
    "t-assertion-type:jwt-bearer",
    "/c/return",
    "C:\\Users\\DANAOK~1\\app.py line 12 in GetKeyJsonAsync",
    '"password": null, "access_token": ""',
    'claims={"access_token":{"acrs":{"essential":true,"value":"c1"}}}',
    "Tenant_Application/Read/5e471e10-0000-4000-8000-0000000000c1/11111111-1111-4111-8111-111111111111",
    "Microsoft.Graph.ServiceException: Code: Authorization_RequestDenied",
]


class TestEverythingElseStays:
    @pytest.mark.parametrize("text", ORDINARY)
    def test_ids_errors_and_sentences(self, text):
        assert cut(text) == (text, 0)

    @given(st.text(alphabet=st.characters(exclude_characters="=:~"), max_size=60))
    def test_a_text_without_secrets_comes_back_as_it_was(self, text):
        # Too short for a token of any kind, and nothing is named.
        assert cut(text) == (text, 0) or any(
            word in text.lower() for word in ("ey", "ew", "-----", ".a", "m.")
        )


PIECES = [
    *SECRETS.values(),
    *(carrier.replace("{{", "{").replace("}}", "}") for carrier in CARRIERS.values()),
    *ORDINARY,
    *(
        "eyJ",
        "\n",
        '"',
        "'",
        "\\",
        "password=",
        "Authorization:",
        "Cookie: ",
        " ",
        "~",
        "=",
        "[cut]",
        "&quot;",
    ),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=12).map("".join))
def test_whatever_comes_it_answers_and_never_grows_much(text):
    once, count = cut(text)
    assert len(once) <= len(text) + 5 * count
    assert (once == text) == (count == 0)


@given(st.text(max_size=30), st.sampled_from(sorted(SECRETS)), st.sampled_from(sorted(CARRIERS)))
def test_a_token_is_found_whatever_stands_around_it(text, name, carrier):
    once, count = cut(f"{text} {CARRIERS[carrier].format(JWT)} {text} {SECRETS[name]}")
    assert "c2lnbmF0dXJl" not in once
    assert "YW5hcnk" not in once
    assert count >= 1


WORST = [
    *("eyJ", "eyJ.", "eyJaaaaaaaaaa.", "eyJaaaaaaaaaa\n", "ey", "0.A", "0.Aaaaaaaaaaaaaaaaaaa.", "M.C5"),
    *(
        "a",
        "aA1",
        "a~",
        "aA1~",
        "=",
        "~",
        ".",
        "-",
        "/c/",
        "cdk_",
        "+/",
        "\n",
        " ",
        "\t",
        "<",
        '"',
        "\\",
        "'",
    ),
    *("-----BEGIN A-----", "-----BEGIN A-----\n", "-----END A-----", "-----BEGIN"),
    *("password", "password ", "password=", "password:\\", 'password"', "password=\\'", "pwd", "client_"),
    *("authorization", "authorization: ", 'Authorization: "', "authorization:[", "Bearer ", "bearer  a"),
    *("cookie", "cookie: ", 'cookie="', "cookie=[", "code=", "?code=", "code=a", "state=", "sig=a", "&quot;"),
    *('secret"a', 'secret"a\r\n', "<password ", "<password>", "<password", "%22", "%3D", "access_token%3D%2"),
]


@pytest.mark.parametrize("piece", WORST)
def test_work_grows_with_the_text_and_no_faster(piece):
    assert growth(cut, piece, length=60_000) < 30
