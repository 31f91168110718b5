"""Cutting out whatever looks like a token or a secret, before a text is kept or shown anywhere.

Every pattern takes what it matched, or is bounded: the time is linear in the text, however it was made.
A text is looked at for a pattern only when it holds one of the pattern's marks, so that ids, codes and
sentences, which most texts are, cost next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

CUT: Final = "[cut]"

# Ids, codes, numbers, times: nothing that could be cut.
_HARMLESS = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z_. ]{0,40}|[0-9TZ:.+ -]{0,40}"
)

_BLOB = r"A-Za-z0-9._~+/\-"
# A quotation mark as it stands in JSON, in JSON within JSON, in HTML and in an address.
_QUOTE = r"""(?:\\{0,4}["']|&quot;|&#3[49];|%22)"""
_IS = rf"{_QUOTE}?[ \t]{{0,4}}(?:[:=]|%3[Dd])[ \t]{{0,4}}+"
_VALUE = (
    r"""(?:"(?!\[cut\]|")(?:[^"\\]|\\.)+|'(?!\[cut\]|')(?:[^'\\]|\\.)+"""
    r"""|(?:\\{1,4}["']|&quot;|&#3[49];|%22)(?!\[cut\])[^"'\\&\r\n]+"""
    r"""|(?![\[{"'&]|(?:null|none|true|false)\b)(?:(?!%26)[^\s"'<>&])+)"""
)


@dataclass(frozen=True)
class _Rule:
    marks: tuple[str, ...]  # in lower case; without one of them in the text the pattern cannot match
    pattern: re.Pattern[str]
    replace: str | Callable[[re.Match[str]], str] = CUT

    def concerns(self, low: str) -> bool:
        return any(mark in low for mark in self.marks)


def _opening(match: re.Match[str]) -> str:
    """The value's own quotation mark stays, so that JSON stays JSON."""
    return match[1] + (match[2][0] if match[2][0] in "\"'" else "") + CUT


def _named(match: re.Match[str]) -> str:
    return match[1] + CUT


# RFC 7519 and RFC 7516: base64url of an object, and up to four parts more; the rest may be cut off or
# broken into lines.
_PART = r"[A-Za-z0-9_\-]"
_JWT = re.compile(
    rf"(?:(?:(?<![A-Za-z])|(?<=%[0-9A-Fa-f]{{2}}))ey[JA]{_PART}{{10,}}+(?:\.{_PART}*+){{0,6}}"
    rf"|ey[JA]{_PART}{{10,200}}\.{_PART}{{4,}}+(?:\.{_PART}*+){{0,5}}"
    rf"|ew(?:0K|o[gJi]){_PART}{{10,}}+\.{_PART}{{4,}}+(?:\.{_PART}*+){{0,5}})"
    r"(?:\r?\n[ \t>]{0,8}(?![0-9a-fA-F]{8}-[0-9a-fA-F]{4}-)(?=[^\s]{0,200}\d)(?=[^\s]{0,200}[A-Z])"
    rf"(?=[^\s]{{0,200}}[a-z])[A-Za-z0-9_\-.]{{20,}}+(?=[\s\"']|$))*"
)
# Refresh tokens and codes of Microsoft Entra ID ("0.A…", "1.A…") and of personal accounts ("M.C5…").
_OPAQUE = re.compile(
    rf"(?<![A-Za-z0-9])(?:[01]\.A{_PART}{{16,}}+(?:\.{_PART}*+){{0,6}}|M\.[A-Z]\d{{1,5}}[A-Za-z0-9_.!*$\-]{{10,}}+)"
)
# RFC 9110, section 11.6.2, wherever the header was printed. A challenge ("Bearer realm=…") is no credential.
_AUTHORIZATION = re.compile(
    rf"(?i)(authorization{_IS})"
    r"((?:\[(?!cut\]))?(?:[\"']|\\{1,4}[\"']|&quot;)?(?!\[cut\])(?:(?:Digest|OAuth|AWS4)[^\r\n]+"
    r"|(?:Bearer|Basic|PoP|Negotiate|NTLM|[A-Za-z][A-Za-z0-9_\-]{0,30})[ \t]{1,4}(?!\[cut\])[^\s,;\"'&<>\\]+"
    r"|[^\s,;\"'&<>\\]+))"
)
_SCHEME = re.compile(
    r"(?i)((?<![A-Za-z])(?:Bearer|Basic|PoP)(?:[ \t]{1,4}|%20|\+))"
    rf"(?![A-Za-z_]{{2,40}}=[\"'A-Za-z0-9])[{_BLOB}]{{16,}}+=*"
)
_COOKIE = re.compile(
    rf"(?i)((?:set-)?cookie2?{_IS})((?!\[cut\])(?:\[(?!cut\])[^\]\r\n]*+"
    r"|\"(?!\[cut\])(?:[^\"\\]|\\.)+|'(?!\[cut\])(?:[^'\\]|\\.)+|\\{1,4}[\"'](?!\[cut\])[^\"'\\\r\n]+"
    r"|(?![\[\"'\\])[^\r\n]+))"
)
_NAMES = (
    r"(?:client[_\- ]?(?:secret|assertion)|(?:access|refresh|id|sas|bearer)[_\- ]?token(?:_hint)?"
    r"|device[_\- ]?code|user_code|code[_\- ]?verifier|assertion|passw(?:or)?d|passphrase|(?<![a-z])pwd"
    r"|secret|samlresponse|api[_\-]?key|account[_\-]?key|accesskey|subscription-key|private[_\-]?key)"
)
_PARAMETER = re.compile(rf"(?i)({_NAMES}{_IS})({_VALUE})")
_PART_OF_FORM = re.compile(rf"(?i)({_NAMES}\"[^\r\n]{{0,80}}\r?\n\r?\n)((?!\[cut\])[^\r\n]+)")
_ELEMENT = re.compile(r"(?i)(<(?:\w{1,20}:)?(?:password|assertion)\b[^<>]{0,200}>)((?!\[cut\])[^<]+)")
# A code of the authorization endpoint; Graph's codes are words, and Microsoft's error pages take a number.
_CODE = re.compile(r"([?&#;]code(?:=|%3[Dd]))(?!\d+\b|\[cut\])[^\s&\"'<>#]+")
_CODE_IN_FORM = re.compile(
    r"((?<![A-Za-z0-9_?&#;])code=)(?:(?!\d+\b|\[cut\])[^\s&\"'<>=]++(?=&)"
    r"|(?=[A-Za-z_.\-]{0,60}\d)(?![^\s&\"'<>=]*B2C)[^\s&\"'<>=]{20,}+)"
)
_STATE = re.compile(r"([?&#](?:state|sig|session_state|client_info)=)(?!\[cut\])[^\s&\"'<>#]{12,}")
_INGEST_KEY = re.compile(r"cdk_[A-Za-z0-9_\-]{8,}+")
_APPROVAL = re.compile(r"(/c/)(?!return\b)[A-Za-z0-9_:.\-]{20,}+")
# "Add credentials": Entra's secrets have 40 characters with a tilde, most of them "8Q~" after the third.
_SECRET = re.compile(r"(?<![A-Za-z0-9_.~\-])[A-Za-z0-9_.~\-]{24,}+")
_KEY = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{42,43}=(?![A-Za-z0-9=])")
_RUN = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{80,}+={0,2}")


def _if_secret(match: re.Match[str]) -> str:
    text = match[0]
    if re.search(r"\dQ~", text) or ("~" in text and len(text) <= 64 and _mixed(text)):
        return CUT
    return text


def _if_random(match: re.Match[str]) -> str:
    """A long run is a token unless it reads like a path, which has a slash and no plus."""
    text = match[0]
    return CUT if _mixed(text) and ("/" not in text or "+" in text) else text


def _mixed(text: str) -> bool:
    return bool(re.search(r"\d", text) and re.search(r"[A-Z]", text) and re.search(r"[a-z]", text))


# What is named comes first: its name then stays to be read.
_RULES: Final = (
    _Rule(("authorization",), _AUTHORIZATION, _opening),
    _Rule(("cookie",), _COOKIE, _opening),
    _Rule(
        ("token", "secret", "assertion", "passw", "passphrase", "pwd", "code", "samlresponse", "key"),
        _PARAMETER,
        _opening,
    ),
    _Rule(("\n",), _PART_OF_FORM, _opening),
    _Rule(("<",), _ELEMENT, _named),
    _Rule(("code=", "code%3d"), _CODE, _named),
    _Rule(("code=",), _CODE_IN_FORM, _named),
    _Rule(("state=", "sig=", "client_info="), _STATE, _named),
    _Rule(("bearer", "basic", "pop"), _SCHEME, _named),
    _Rule(("eyj", "eya", "ew0k", "ewog", "ewoj", "ewoi"), _JWT),
    _Rule(("0.a", "1.a", "m."), _OPAQUE),
    _Rule(("cdk_",), _INGEST_KEY),
    _Rule(("/c/",), _APPROVAL, _named),
    _Rule(("~",), _SECRET, _if_secret),
    _Rule(("=",), _KEY),
)
_MARKS: Final = tuple(sorted({mark for rule in _RULES for mark in rule.marks} - {"\n", "<"}))


def cut(text: str) -> tuple[str, int]:
    """Return the text with each token and secret replaced by "[cut]", and how many there were."""
    if _HARMLESS.fullmatch(text):
        return text, 0
    count = 0
    if "-----BEGIN" in text:
        text, count = _cut_pem(text)
    low = text.lower()
    for rule in _RULES:
        if rule.concerns(low):
            text, times = _replaced(rule, text)
            count += times
    if len(text) >= 80:
        text, times = _replaced(_LONG, text)
        count += times
    return text, count


def _replaced(rule: _Rule, text: str) -> tuple[str, int]:
    replace = rule.replace
    if isinstance(replace, str):
        return rule.pattern.subn(replace, text)
    times = 0

    def counted(match: re.Match[str]) -> str:
        nonlocal times
        new = replace(match)
        times += new != match[0]
        return new

    return rule.pattern.sub(counted, text), times


_LONG: Final = _Rule((), _RUN, _if_random)
_FENCE = re.compile(r"-----(BEGIN|END)[A-Z0-9 ]{1,40}-----")
# What is left of a block whose end was lost: lines of base64, and the headers of an encrypted key.
_LEFT_OF_BLOCK = re.compile(
    r"(?:\s|\\[rn]|Proc-Type:[^\r\n\\]*|DEK-Info:[^\r\n\\]*|[A-Za-z0-9+/=]{16,}+)*+[A-Za-z0-9+/=]*"
)


def _cut_pem(text: str) -> tuple[str, int]:
    """RFC 7468: from a BEGIN to its END; without one, as far as it looks like a block."""
    pieces: list[str] = []
    at, begun, count = 0, -1, 0
    for fence in _FENCE.finditer(text):
        if fence[1] == "END" and begun >= 0:
            pieces.append(CUT)
            at, begun, count = fence.end(), -1, count + 1
        elif fence[1] == "BEGIN":
            if begun >= 0:
                pieces.append(CUT)
                at, count = fence.start(), count + 1
            pieces.append(text[at : fence.start()])
            at = begun = fence.end()
    if begun >= 0:
        left = _LEFT_OF_BLOCK.match(text, begun)
        pieces.append(CUT)
        at, count = (left.end() if left else begun), count + 1
    return "".join((*pieces, text[at:])), count
