import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from entra.errors import SignInFailed
from entra.id_token import validate
from entra.sign_in import Identity, complete
from sandbox.demo import FABRIKAM, HOME, NORTHWIND, PORTAL
from tests.entra.conftest import STAFF
from tests.entra.peers import SigningKey, encoded, reply
from tests.entra.test_sign_in import start

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OID = "aaaaaaaa-0000-4000-8000-00000000000a"


class Issuer:
    """A Microsoft whose id tokens and keys are what a test says."""

    def __init__(self) -> None:
        self.key = SigningKey()
        self.keys: list[object] = [self.key.jwk()]
        self.claims: dict[str, object] = {}
        self.token: str | None = None
        self.answer: dict[str, object] = {}
        self.nonce = ""

    def full(self) -> dict[str, object]:
        moment = int(NOW.timestamp())
        claims = {
            "aud": PORTAL,
            "iss": f"https://login.microsoftonline.com/{NORTHWIND}/v2.0",
            "tid": NORTHWIND,
            "oid": OID,
            "sub": "pairwise",
            "iat": moment,
            "nbf": moment,
            "exp": moment + 3600,
            "nonce": hashlib.sha256(self.nonce.encode()).hexdigest(),
        }
        return {name: value for name, value in (claims | self.claims).items() if value is not None}

    def __call__(self, request):
        if request.method == "POST":
            token = self.token or self.key.sign(self.full())
            return reply({"access_token": "opaque", "id_token": token, "scope": "openid"} | self.answer)
        return reply({"keys": self.keys})


@pytest.fixture(scope="module")
def signing_key():
    return SigningKey()


@pytest.fixture
def issuer(signing_key):
    issuer = Issuer.__new__(Issuer)
    issuer.key, issuer.keys, issuer.claims, issuer.answer = signing_key, [signing_key.jwk()], {}, {}
    issuer.token, issuer.nonce = None, ""
    return issuer


def arrive(facing, issuer, authority="organizations", now=NOW) -> Identity:
    session = facing(issuer)
    flow, _ = start(session, authority)
    issuer.nonce = flow["nonce"]
    if callable(issuer.token):
        issuer.token = issuer.token()
    return complete(session, STAFF, flow=flow, params={"state": flow["state"], "code": "c"}, now=now)


class TestTheIdToken:
    def test_a_good_one_passes(self, facing, issuer):
        issuer.claims = {"auth_time": int(NOW.timestamp()), "name": "Ada\n\u202eAlvarez", "azp": PORTAL}
        person = arrive(facing, issuer)
        assert (person.tid, person.oid) == (NORTHWIND, OID)
        assert person.auth_time == NOW
        assert person.name == "Ada Alvarez"
        assert person.username == ""
        assert person.roles == ()

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": None},
            {"aud": "5e471e10-0000-4000-8000-0000000000c1"},
            {"aud": [PORTAL]},
            {"aud": [PORTAL, "other"]},
            {"azp": "5e471e10-0000-4000-8000-0000000000c1"},
            {"iss": None},
            {"iss": f"https://login.microsoftonline.com/{FABRIKAM}/v2.0"},
            {"iss": f"https://login.microsoftonline.com/{NORTHWIND}"},
            {"iss": f"https://sts.windows.net/{NORTHWIND}/"},
            {"iss": f"https://evil.example/{NORTHWIND}/v2.0"},
            {"tid": None},
            {"tid": FABRIKAM},
            {"tid": "{tenantid}"},
            {"tid": ["a"]},
            {"oid": None},
            {"oid": "ada"},
            {"sub": None},
            {"nonce": None},
            {"nonce": "other"},
            {"nonce": 5},
            {"exp": None},
            {"exp": int(NOW.timestamp()) - 61},
            {"exp": "tomorrow"},
            {"exp": True},
            {"iat": None},
            {"iat": int(NOW.timestamp()) + 61},
            {"nbf": int(NOW.timestamp()) + 61},
            {"nbf": "now"},
        ],
        ids=str,
    )
    def test_each_claim_must_be_right(self, facing, issuer, claims):
        issuer.claims = claims
        with pytest.raises(SignInFailed) as caught:
            arrive(facing, issuer)
        assert not caught.value.retryable
        assert caught.value.summary.endswith(".")

    @pytest.mark.parametrize(
        "claims", [{"exp": int(NOW.timestamp()) - 59}, {"nbf": int(NOW.timestamp()) + 59}]
    )
    def test_clocks_may_differ_by_a_minute(self, facing, issuer, claims):
        issuer.claims = claims
        assert arrive(facing, issuer).oid == OID

    def test_another_organization_does_not_pass_where_one_is_expected(self, facing, issuer):
        with pytest.raises(SignInFailed, match="another organization"):
            arrive(facing, issuer, authority=HOME)
        assert arrive(facing, issuer, authority=NORTHWIND).tid == NORTHWIND

    @pytest.mark.parametrize("auth_time", [None, "x", True, -1, 2**40])
    def test_a_strange_time_of_authentication_is_none(self, facing, issuer, auth_time):
        issuer.claims = {"auth_time": auth_time}
        assert arrive(facing, issuer).auth_time is None

    @pytest.mark.parametrize("roles", ["Owner", {"Owner": 1}, ["Owner", 5]])
    def test_roles_of_another_shape_are_no_roles(self, facing, issuer, roles):
        issuer.claims = {"roles": roles, "wids": roles}
        person = arrive(facing, issuer)
        assert (person.roles, person.wids, person.wids_known) == ((), (), False)

    def test_an_answer_without_an_id_token_signs_nobody_in(self, facing, issuer):
        issuer.answer = {"id_token": ""}
        with pytest.raises(SignInFailed):
            arrive(facing, issuer)


class TestTheSignature:
    @pytest.mark.parametrize(
        "algorithm", ["none", "None", "nOnE", "", "HS256", "PS256", "ES256", "RS512", None, 5]
    )
    def test_only_one_algorithm_is_taken(self, facing, issuer, algorithm):
        def make() -> str:
            _, payload, signature = issuer.key.sign(issuer.full()).split(".")
            header = {"alg": algorithm, "typ": "JWT", "kid": issuer.key.kid}
            return f"{encoded(header)}.{payload}.{signature if algorithm != 'none' else ''}"

        issuer.token = make
        with pytest.raises(SignInFailed):
            arrive(facing, issuer)

    def test_the_public_key_is_no_shared_secret(self, facing, issuer):
        public = issuer.key.private.public_key()

        def make() -> str:
            pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            signed = f"{encoded({'alg': 'HS256', 'kid': issuer.key.kid})}.{encoded(issuer.full())}"
            return f"{signed}.{encoded(hmac.digest(pem, signed.encode(), 'sha256'))}"

        issuer.token = make
        with pytest.raises(SignInFailed, match="not signed the way Microsoft signs"):
            arrive(facing, issuer)

    @pytest.mark.parametrize(
        "headers",
        [
            {"crit": ["x"], "x": 1},
            {"crit": ["b64"], "b64": True},
            {"crit": []},
            {"crit": "x"},
            {"kid": "unknown"},
            {"kid": ""},
            {"kid": None},
        ],
        ids=str,
    )
    def test_well_signed_headers_that_microsoft_does_not_send(self, facing, issuer, headers):
        def make() -> str:
            header = {"alg": "RS256", "typ": "JWT", "kid": issuer.key.kid} | headers
            return _signed(issuer, header)

        issuer.token = make
        with pytest.raises(SignInFailed):
            arrive(facing, issuer)

    def test_a_header_signed_the_same_way_passes_when_it_is_microsofts(self, facing, issuer):
        issuer.token = lambda: _signed(issuer, {"alg": "RS256", "typ": "JWT", "kid": issuer.key.kid})
        assert arrive(facing, issuer).oid == OID

    def test_the_nonce_is_checked_here_too(self, facing, issuer):
        session = facing(issuer)
        given = {"token": issuer.key.sign(issuer.full()), "authority_tenant": "organizations", "now": NOW}
        assert validate(session, STAFF, nonce=issuer.nonce, **given)["oid"] == OID
        with pytest.raises(SignInFailed, match="another sign-in"):
            validate(session, STAFF, nonce="other", **given)

    def test_another_key_of_the_same_id_does_not_pass(self, facing, issuer):
        issuer.keys = [SigningKey().jwk()]
        with pytest.raises(SignInFailed, match="not signed with a key of Microsoft's"):
            arrive(facing, issuer)

    def test_a_key_that_the_token_itself_brings_does_not_pass(self, facing, issuer):
        """RFC 8725, section 3.10: nothing that a token's header points to is to be trusted."""
        published, issuer.key = issuer.key, SigningKey()
        own = issuer.key.jwk()
        addresses = {"jku": "https://evil.example/keys", "x5u": "https://evil.example/chain"}
        issuer.token = lambda: _signed(
            issuer, {"alg": "RS256", "kid": published.kid, "jwk": own, "x5c": [own["n"]], **addresses}
        )

        with pytest.raises(SignInFailed, match="not signed with a key of Microsoft's"):
            arrive(facing, issuer)

    def test_of_two_keys_of_one_id_the_right_one_counts(self, facing, issuer):
        issuer.keys = [SigningKey().jwk(), issuer.key.jwk()]
        assert arrive(facing, issuer).oid == OID

    @pytest.mark.parametrize(
        "changes",
        [
            {"issuer": f"https://login.microsoftonline.com/{FABRIKAM}/v2.0"},
            {"issuer": "https://login.microsoftonline.us/{tenantid}/v2.0"},
            {"issuer": None},
            {"n": "%%%"},
            {"n": None},
            {"n": 5},
            {"e": ""},
        ],
    )
    def test_a_key_that_may_not_sign_here_or_is_none(self, facing, issuer, changes):
        issuer.keys = [issuer.key.jwk(**changes)]
        with pytest.raises(SignInFailed):
            arrive(facing, issuer)

    def test_a_key_of_this_tenant_alone_passes(self, facing, issuer):
        issuer.keys = [issuer.key.jwk(issuer=f"https://login.microsoftonline.com/{NORTHWIND}/v2.0")]
        assert arrive(facing, issuer).oid == OID

    def test_a_short_key_is_refused(self, facing, issuer):
        issuer.key = SigningKey(bits=1024)
        issuer.keys = [issuer.key.jwk()]
        issuer.token = lambda: _signed(issuer, {"alg": "RS256", "kid": issuer.key.kid})
        with pytest.raises(SignInFailed):
            arrive(facing, issuer)

    @pytest.mark.parametrize("token", ["x.y.z", f"{encoded({'alg': 'RS256'})}..", "a.b"])
    def test_what_is_no_token_is_not_read(self, facing, issuer, token):
        issuer.token = token
        with pytest.raises(SignInFailed):
            arrive(facing, issuer)

    def test_keys_that_cannot_be_had_are_worth_another_try(self, facing, issuer):
        issuer.keys = []
        with pytest.raises(SignInFailed) as caught:
            arrive(facing, issuer)
        assert caught.value.retryable


def _signed(issuer, header) -> str:
    """By hand, as PyJWT rightly refuses to write some of these."""
    signed = f"{encoded(header)}.{encoded(issuer.full())}"
    return f"{signed}.{encoded(issuer.key.private.sign(signed.encode(), PKCS1v15(), SHA256()))}"
