"""Secrets and certificates: telling them apart, and signing with a key that was loaded once."""

import base64
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from entra.errors import CredentialError
from entra.types import Certificate, Credential, Secret

_ASSERTION_SECONDS = 600
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def parse_credential(text: str) -> Credential:
    """A PEM text with a private key and its certificate, or else a client secret."""
    stripped = text.strip()
    if not stripped:
        raise CredentialError("The credential is empty.")
    if "-----BEGIN" in stripped:
        certificate = Certificate(stripped)
        _signer(certificate)
        return certificate
    if not (stripped.isascii() and stripped.isprintable()):
        raise CredentialError("The client secret holds characters that no client secret has.")
    return Secret(stripped)


@dataclass(frozen=True)
class _Signer:
    key: RSAPrivateKey = field(repr=False)
    thumbprint: str


@lru_cache(maxsize=64)
def _signer(certificate: Certificate) -> _Signer:
    """Loading checks the key's primes, which costs more than everything else in asking for a token."""
    found = _CERTIFICATE.search(certificate.pem)
    if found is None:
        raise CredentialError("The credential has a private key but no certificate beside it.")
    try:
        public = x509.load_pem_x509_certificate(found[0].encode())
    except ValueError:
        raise CredentialError("The certificate of the credential is not readable.") from None
    try:
        key = load_pem_private_key(_CERTIFICATE.sub("", certificate.pem).encode(), password=None)
    except (ValueError, TypeError):
        raise CredentialError(
            "The private key of the credential is not readable; it must be PEM without a passphrase."
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise CredentialError("The private key of the credential must be an RSA key.")
    if key.public_key() != public.public_key():
        raise CredentialError("The private key and the certificate of the credential do not belong together.")
    digest = base64.urlsafe_b64encode(public.fingerprint(SHA256())).rstrip(b"=").decode()
    return _Signer(key, digest)


def assertion(certificate: Certificate, *, client_id: str, token_endpoint: str) -> Callable[[], str]:
    """Signs a fresh assertion whenever MSAL asks: "Microsoft identity platform certificate credentials"."""
    signer = _signer(certificate)

    def sign() -> str:
        now = int(time.time())
        claims = {
            "aud": token_endpoint,
            "iss": client_id,
            "sub": client_id,
            "jti": str(uuid.uuid4()),
            "nbf": now,
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        return jwt.encode(claims, signer.key, algorithm="PS256", headers={"x5t#S256": signer.thumbprint})

    return sign
