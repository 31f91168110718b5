"""Plain pages for people: they work without JavaScript and never look like Microsoft's."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from markupsafe import Markup
from werkzeug.wrappers import Response

STYLE = Path(__file__).with_name("style.css").read_text()
BAND = "Simulator, not Microsoft"

_SUBMIT = Markup("document.forms[0].submit()")
_SUBMIT_HASH = base64.b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()

_FRAME = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/_sandbox/style.css">
</head>
<body>
<header><p class="band">{band}</p></header>
<main{wide}>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
""")


def page(
    title: str, body: Markup, *, status: int = 200, sends_to: str = "", wide: bool = False, script: str = ""
) -> Response:
    """`sends_to`: an origin that a form on this page ends at; Chromium checks form-action along redirects."""
    scripts = f"; script-src '{script}'" if script else ""
    response = Response(
        _FRAME.format(title=title, band=BAND, body=body, wide=Markup(' class="wide"') if wide else ""),
        status=status,
        content_type="text/html; charset=utf-8",
    )
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {sends_to}".rstrip()
        + scripts
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def join(parts: Iterable[Markup]) -> Markup:
    return Markup("\n").join(parts)


def hidden(fields: Mapping[str, str]) -> Markup:
    return join(
        Markup('<input type="hidden" name="{}" value="{}">').format(name, value)
        for name, value in fields.items()
    )


def definitions(rows: Mapping[str, str]) -> Markup:
    pairs = (Markup("<dt>{}</dt><dd>{}</dd>").format(term, text) for term, text in rows.items())
    return Markup("<dl>{}</dl>").format(join(pairs))


def form_post_page(uri: str, parameters: Mapping[str, str], origin: str) -> Response:
    """The answer as a form: a script sends it, and a button where scripts are off."""
    body = Markup(
        '<form method="post" action="{}">{}<button class="act">Continue</button></form><script>{}</script>'
    ).format(uri, hidden(parameters), _SUBMIT)
    return page("Going back to the application", body, sends_to=origin, script=f"sha256-{_SUBMIT_HASH}")
