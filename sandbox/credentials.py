"""Who the client is: secret or certificate.

"Microsoft identity platform application authentication certificate credentials".
"""

import base64
import binascii
import hashlib
import hmac
from typing import Any
from urllib.parse import unquote, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.wrappers import Request

from sandbox.errors import EntraError
from sandbox.exchange import Exchange
from sandbox.keys import b64url
from sandbox.model import Application, Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET, CERTIFICATE = "1", "2"  # the values of the claim appidacr


def client_id_of(request: Request) -> str:
    given = request.form.get("client_id", "")
    return given or _basic(request)[0]


def authenticate(exchange: Exchange, application: Application, tenant: Tenant | None) -> str:
    """How the client proved to be this application, as the claim `appidacr` says it."""
    form = exchange.request.form
    assertion = form.get("client_assertion")
    if assertion:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise EntraError(900144, name="client_assertion_type")
        _check_assertion(exchange, application, assertion=assertion, tenant=tenant)
        return CERTIFICATE
    secret = form.get("client_secret") or _basic(exchange.request)[1]
    if not secret:
        raise EntraError(7000218)
    _check_secret(exchange, application, secret)
    return SECRET


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = decoded.partition(":")
    return unquote(client_id), unquote(secret)


def _check_secret(exchange: Exchange, application: Application, given: str) -> None:
    for secret in application.secrets:
        if hmac.compare_digest(secret.value.encode(), given.encode()):
            if secret.expires is not None and secret.expires <= exchange.now:
                raise EntraError(7000222, app=application.app_id)
            return
    raise EntraError(7000215, app=application.app_id)


def _check_assertion(
    exchange: Exchange, application: Application, *, assertion: str, tenant: Tenant | None
) -> None:
    certificate = _certificate_of(application, _header(assertion))
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise EntraError(700027, reason="not an RSA certificate")
    try:
        claims = jwt.decode(
            assertion,
            public_key,
            algorithms=["RS256", "PS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        raise EntraError(700027, reason="registered, but the signature does not match") from None
    _check_claims(exchange, application, claims=claims, tenant=tenant)


def _header(assertion: str) -> dict[str, Any]:
    try:
        return jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError:
        raise EntraError(700027, reason="unreadable: the assertion is not a JWT") from None


def _certificate_of(application: Application, header: dict[str, Any]) -> x509.Certificate:
    for pem in application.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        der = certificate.public_bytes(Encoding.DER)
        sha1 = b64url(hashlib.sha1(der, usedforsecurity=False).digest())
        sha256 = b64url(hashlib.sha256(der).digest())
        if (
            str(header.get("x5t#S256", "")).rstrip("=") == sha256
            or str(header.get("x5t", "")).rstrip("=") == sha1
        ):
            return certificate
    raise EntraError(700027, reason="not registered on application")


def _check_claims(
    exchange: Exchange, application: Application, *, claims: dict[str, Any], tenant: Tenant | None
) -> None:
    if not claims.get("iss") == claims.get("sub") == application.app_id:
        raise EntraError(700027, reason="registered, but iss and sub are not the client id")
    names = {"common", "organizations", *([tenant.id, *tenant.domains] if tenant else [])}
    # Clients forward here from Microsoft's host, so the path of the audience counts and its host does not.
    path = urlsplit(str(claims.get("aud", ""))).path.rstrip("/")
    if path not in {f"/{name}{end}" for name in names for end in ("/oauth2/v2.0/token", "/v2.0")}:
        raise EntraError(700027, reason="registered, but aud is not the token endpoint")
    skew = 300
    expires, starts = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(starts, int | float):
        raise EntraError(700024)
    if not starts - skew <= exchange.now <= expires + skew:
        raise EntraError(700024)
