"""The page for people at /."""

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from sandbox.directory import Directory
from sandbox.pages import page


def respond(directory: Directory, request: Request) -> Response:
    return page("Sandbox", Markup("<p>Soon.</p>"), wide=True)
