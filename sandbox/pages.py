"""Plain pages for people: they work without JavaScript and never look like Microsoft's."""

import base64
import hashlib
from collections.abc import Iterable, Mapping

from markupsafe import Markup
from werkzeug.wrappers import Response

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #4d5660; --ground: #fbfbf9; --card: #fff; --line: #8a929b;
  --band: #5b2a86; --on-band: #fff; --act: #155e3b; --on-act: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceff2; --soft: #b4bcc5; --ground: #16181b; --card: #202327;
  --line: #79828c; --band: #d9b8f5; --on-band: #1d0b2c; --act: #8fdcb2; --on-act: #07200f; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
.band { margin: 0; padding: .6rem 1rem; background: var(--band); color: var(--on-band); font-weight: 700;
  text-align: center; }
main { max-width: 34rem; margin: 1.5rem auto; padding: 0 1rem; }
main.wide { max-width: 72rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
p, ul, dl { margin: 0 0 .75rem; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: 1rem; margin: 0 0 1rem; }
ul.plain { list-style: none; padding: 0; }
ul.plain > li { margin: 0 0 .5rem; }
code, pre { font: .9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: 0; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem; overflow-wrap: anywhere; }
button, input, select, textarea { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .3rem; padding: .4rem .7rem; max-width: 100%; min-height: 2.25rem; }
textarea { width: 100%; }
button { cursor: pointer; }
button.person { width: 100%; text-align: left; }
button.person span { display: block; color: var(--soft); overflow-wrap: anywhere; }
button.act { background: var(--act); color: var(--on-act); border-color: var(--act); font-weight: 600; }
:focus-visible { outline: 3px solid var(--band); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: 0 0 .75rem; }
label { display: inline-grid; gap: .15rem; font-weight: 600; }
label > * { font-weight: 400; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
a { color: inherit; }
"""
BAND = "Simulator, not Microsoft"

_SUBMIT = "document.forms[0].submit()"
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
    ).format(uri, hidden(parameters), Markup(_SUBMIT))
    return page("Going back to the application", body, sends_to=origin, script=f"sha256-{_SUBMIT_HASH}")
