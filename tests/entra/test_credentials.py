import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from entra.credentials import parse_credential
from entra.errors import (
    CredentialError,
    CredentialRejected,
)
from entra.tokens import app_only
from entra.types import CLOUDS, Certificate, Client, Secret
from sandbox.demo import CONNECTOR, NORTHWIND
from tests.entra.certificates import certificate_pem, key_pem, make_certificate, make_key
from tests.entra.test_tokens import P1, token_answer


class TestCertificates:
    def test_a_registered_certificate_opens_the_tenant(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1)
        certificate = certificate_pem(make_key())
        microsoft.control("PATCH", f"applications/{CONNECTOR}", certificates=[certificate])
        client = Client(CONNECTOR, CLOUDS["global"], Certificate(key_pem(make_key()) + certificate))
        assert app_only(session, client, NORTHWIND).roles == frozenset({P1})

    def test_the_assertion_is_what_microsoft_documents(self, facing):
        session = facing(token_answer())
        for _ in range(2):
            app_only(session, Client(CONNECTOR, CLOUDS["global"], Certificate(make_certificate())), NORTHWIND)
        forms = [request.form for request in session.peer.requests]
        header = jwt.get_unverified_header(forms[0]["client_assertion"])
        assert (header["alg"], header["typ"]) == ("PS256", "JWT")
        assert len(header["x5t#S256"]) == 43
        endpoint = f"https://login.microsoftonline.com/{NORTHWIND}/oauth2/v2.0/token"
        first, second = (
            jwt.decode(
                form["client_assertion"], make_key().public_key(), algorithms=["PS256"], audience=endpoint
            )
            for form in forms
        )
        assert first["iss"] == first["sub"] == CONNECTOR
        assert first["exp"] - first["iat"] == 600
        assert first["jti"] != second["jti"]
        assert "client_secret" not in forms[0]

    def test_an_unknown_certificate_is_rejected(self, microsoft, session):
        microsoft.grant(NORTHWIND, P1)
        client = Client(CONNECTOR, CLOUDS["global"], Certificate(make_certificate("other", 1)))
        with pytest.raises(CredentialRejected) as caught:
            app_only(session, client, NORTHWIND)
        assert caught.value.code == 700027

    @pytest.mark.parametrize(
        ("pem", "complaint"),
        [
            (key_pem(make_key()), "no certificate"),
            (certificate_pem(make_key()), "private key of the credential is not readable"),
            (key_pem(make_key(), b"word") + certificate_pem(make_key()), "without a passphrase"),
            (key_pem(make_key()) + certificate_pem(make_key(1)), "do not belong together"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + key_pem(make_key()),
                "certificate of the credential is not readable",
            ),
        ],
    )
    def test_an_unusable_one_is_named_before_anything_is_sent(self, microsoft, session, pem, complaint):
        with pytest.raises(CredentialError, match=complaint) as caught:
            app_only(session, Client(CONNECTOR, CLOUDS["global"], Certificate(pem)), NORTHWIND)
        assert caught.value.summary == str(caught.value)
        assert "BEGIN" not in str(caught.value)
        assert microsoft.asked() == []


class TestReadingACredential:
    def test_pem_is_a_certificate_and_the_rest_a_secret(self):
        assert parse_credential(f"\n{make_certificate()}") == Certificate(make_certificate().strip())
        assert parse_credential("se~cret.value\n") == Secret("se~cret.value")

    @pytest.mark.parametrize("text", ["", "  \n", "two\nlines", "sécret", "-----BEGIN CERTIFICATE-----"])
    def test_what_is_neither_is_refused(self, text):
        with pytest.raises(CredentialError):
            parse_credential(text)

    def test_an_elliptic_key_is_refused(self):
        key = ec.generate_private_key(ec.SECP256R1())
        with pytest.raises(CredentialError, match="RSA"):
            parse_credential(key_pem(key) + certificate_pem(key))

    def test_neither_shows_itself(self):
        assert "hush" not in repr(Secret("hush"))
        assert "BEGIN" not in repr(Client(CONNECTOR, CLOUDS["global"], Certificate(make_certificate())))
