import threading
from datetime import UTC, datetime, timedelta

import pytest

from entra.errors import Unavailable
from tests.entra.peers import reply

URL = "https://login.microsoftonline.com/organizations/discovery/v2.0/keys"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def key(kid: object, **changes):
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": "x", "e": "AQAB"} | changes


class Keys:
    def __init__(self, *kids: str) -> None:
        self.entries: object = [key(kid) for kid in kids]
        self.asked = 0
        self.down = False

    def __call__(self, request):
        self.asked += 1
        return reply(b"", 503) if self.down else reply({"keys": self.entries})


@pytest.fixture
def keys():
    return Keys("a")


@pytest.fixture
def find(facing, keys):
    session = facing(keys)

    def find(kid="a", after=0 * MINUTE):
        return [one["kid"] for one in session.keys.find(session, url=URL, kid=kid, now=NOW + after)]

    return find


def test_keys_are_asked_for_once_an_hour(find, keys):
    assert find() == ["a"]
    assert find(after=59 * MINUTE) == ["a"]
    assert keys.asked == 1
    find(after=60 * MINUTE)
    assert keys.asked == 2


def test_an_unknown_key_is_looked_for_at_once_but_not_again_for_five_minutes(find, keys):
    find()
    keys.entries = [key("a"), key("b")]
    assert find("b", after=4 * MINUTE) == []
    assert find("b", after=6 * MINUTE) == ["b"]
    for seconds in range(290):
        find("c", after=6 * MINUTE + timedelta(seconds=seconds))
    assert keys.asked == 2


def test_a_withdrawn_key_is_refused_within_the_hour(find, keys):
    find()
    keys.entries = [key("b")]
    assert find(after=61 * MINUTE) == []


def test_known_keys_outlive_an_outage_by_a_day(find, keys):
    find()
    keys.down = True
    assert find(after=23 * 60 * MINUTE) == ["a"]
    assert find("b", after=23 * 60 * MINUTE) == []
    with pytest.raises(Unavailable):
        find(after=25 * 60 * MINUTE)
    keys.down = False
    assert find(after=25 * 60 * MINUTE) == ["a"]


def test_an_outage_at_the_start_is_over_when_it_is_over(find, keys):
    keys.down = True
    with pytest.raises(Unavailable):
        find()
    keys.down = False
    assert find() == ["a"]


@pytest.mark.parametrize(
    "entries", [[], None, "x", [5], [key("")], [key(5)], [key("a", kty="EC")], [key("a", use="enc")]]
)
def test_a_list_without_usable_keys_is_no_answer(find, keys, entries):
    keys.entries = entries
    with pytest.raises(Unavailable, match="empty"):
        find()


def test_an_empty_list_does_not_replace_known_keys(find, keys):
    find()
    keys.entries = []
    assert find(after=61 * MINUTE) == ["a"]


def test_a_flood_of_keys_is_cut_off(find, keys):
    keys.entries = [key(f"k{number}") for number in range(10_000)]
    assert find("k99") == ["k99"]
    assert find("k100") == []


def test_keys_of_the_same_id_are_all_kept(find, keys):
    keys.entries = [key("a"), key("a")]
    assert find() == ["a", "a"]


def test_many_at_once_ask_once(find, keys):
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(find())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["a"]] * 16
    assert keys.asked == 1
