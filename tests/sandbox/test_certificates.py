"""Client assertions: which certificates and which claims are good for a token."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sandbox.demo import CONNECTOR, HOME
from sandbox.keys import b64url
from tests.sandbox.conftest import Http

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Pair = tuple[rsa.RSAPrivateKey, x509.Certificate]


def make_pair() -> Pair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return key, builder.sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair()


@pytest.fixture
def registered(http: Http, pair: Pair) -> Http:
    pem = pair[1].public_bytes(Encoding.PEM).decode()
    http.control("PATCH", f"applications/{CONNECTOR}", certificates=[pem], secrets=[])
    return http


def assertion(pair: Pair, algorithm: str = "PS256", header: str = "x5t#S256", **changes: Any) -> str:
    key, certificate = pair
    der = certificate.public_bytes(Encoding.DER)
    thumbprint = hashlib.sha256(der) if header == "x5t#S256" else hashlib.sha1(der, usedforsecurity=False)
    now = time.time()  # MSAL sends fractions of a second and no nbf
    claims = {
        "aud": f"https://login.microsoftonline.com/{HOME}/oauth2/v2.0/token",
        "iss": CONNECTOR,
        "sub": CONNECTOR,
        "jti": "1",
        "iat": now,
        "exp": now + 600,
    } | changes
    return jwt.encode(claims, key, algorithm=algorithm, headers={header: b64url(thumbprint.digest())})


def answer(http: Http, text: str) -> tuple[int, int]:
    """HTTP status and AADSTS code; 0 when a token came."""
    response = http.token(HOME, client_secret=None, client_assertion=text, client_assertion_type=ASSERTION)
    return response.status_code, (response.json().get("error_codes") or [0])[0]


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
@pytest.mark.parametrize("header", ["x5t#S256", "x5t"])
def test_both_algorithms_and_both_thumbprints_are_accepted(
    registered: Http, pair: Pair, algorithm: str, header: str
) -> None:
    assert answer(registered, assertion(pair, algorithm, header)) == (200, 0)


def test_a_tenants_domain_is_as_good_an_audience(registered: Http, pair: Pair) -> None:
    audience = "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"

    assert answer(registered, assertion(pair, aud=audience)) == (200, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": 1.0}, 700024),
        ({"exp": None}, 700024),
        ({"nbf": 9_999_999_999}, 700024),
        ({"aud": "https://login.microsoftonline.com/other.example/oauth2/v2.0/token"}, 700027),
        ({"iss": "someone-else"}, 700027),
        ({"sub": "someone-else"}, 700027),
    ],
)
def test_claims_that_are_wrong(registered: Http, pair: Pair, changes: dict[str, Any], code: int) -> None:
    assert answer(registered, assertion(pair, **changes)) == (401, code)


def test_a_certificate_that_nobody_registered(registered: Http) -> None:
    assert answer(registered, assertion(make_pair())) == (401, 700027)


def test_a_signature_of_another_key(registered: Http, pair: Pair) -> None:
    assert answer(registered, assertion((make_pair()[0], pair[1]))) == (401, 700027)


def test_an_assertion_that_is_no_jwt(registered: Http) -> None:
    assert answer(registered, "nonsense") == (401, 700027)
