"""The signing keys and their rotation. "Signing key rollover in the Microsoft identity platform"."""

import base64
import datetime
import hashlib
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class SigningKey:
    private: rsa.RSAPrivateKey
    kid: str
    x5c: str

    def jwk(self) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": b64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": b64url(numbers.e.to_bytes(3, "big")),
            "x5c": [self.x5c],
            "cloud_instance_name": "microsoftonline.com",
        }


@lru_cache(maxsize=16)
def signing_key(number: int) -> SigningKey:
    """The same key for the same number in one process: making one takes a tenth of a second."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sandbox signing key {number}")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(number + 1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
        .sign(private, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    # Microsoft's kid is the key's SHA-1 thumbprint, base64url.
    kid = b64url(hashlib.sha1(der, usedforsecurity=False).digest())
    return SigningKey(private, kid, base64.b64encode(der).decode())


class KeyRing:
    """One key signs, and the set lists it with the one before it, unless that one was withdrawn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._signing = 0
        self._listed = [0]

    def rotate(self, *, keep_old: bool = True) -> None:
        with self._lock:
            kept = self._listed[-1:] if keep_old else []
            self._signing += 1
            self._listed = [*kept, self._signing]

    @property
    def current(self) -> SigningKey:
        with self._lock:
            return signing_key(self._signing)

    def listed(self) -> list[SigningKey]:
        with self._lock:
            return [signing_key(number) for number in self._listed]

    def find(self, kid: str) -> SigningKey | None:
        """Any key that ever signed, so that a rotation does not make tokens in flight unreadable to Graph."""
        known = (signing_key(number) for number in range(self._signing + 1))
        return next((key for key in known if key.kid == kid), None)
