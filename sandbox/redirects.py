"""Which addresses a browser may be sent back to. "Redirect URI (reply URL) restrictions and limitations"."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from sandbox.pages import form_post_page

_LOOPBACK = ("localhost", "127.0.0.1")


def _comparable(uri: str) -> tuple[str, str, str, str]:
    """Case-sensitive, except that the port of a loopback address does not count and no path is the path /."""
    parts = urlsplit(uri)
    host = parts.netloc.partition(":")[0] if parts.hostname in _LOOPBACK else parts.netloc
    return parts.scheme, host, parts.path or "/", parts.query


def registered(uris: Iterable[str], given: str, *, longer_path: bool = False) -> bool:
    """`longer_path`: the first admin consent endpoint accepts further segments after a registered path."""
    scheme, host, path, query = _comparable(given)
    for uri in uris:
        known = _comparable(uri)
        if known == (scheme, host, path, query):
            return True
        if longer_path and known[:2] == (scheme, host) and path.startswith(known[2].rstrip("/") + "/"):
            return True
    return False


def localhost_without_port(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.hostname in _LOOPBACK else uri


def origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def with_query(uri: str, parameters: Mapping[str, str]) -> str:
    parts = urlsplit(uri)
    query = "&".join(filter(None, [parts.query, urlencode(parameters)]))
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))


def send_back(uri: str, parameters: Mapping[str, str], mode: str = "query") -> Response:
    if mode == "form_post":
        return form_post_page(uri, parameters, origin(uri))
    if mode == "fragment":
        return redirect(f"{with_query(uri, {}).rstrip('?')}#{urlencode(parameters)}", 302)
    return redirect(with_query(uri, parameters), 302)
