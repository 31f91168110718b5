"""python -m sandbox: serve, or `ctl` to steer a running one."""

import argparse
import json
import sys
from pathlib import Path

from sandbox import ctl, documents
from sandbox.demo import demo
from sandbox.directory import Directory
from sandbox.server import listen


def serve(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A small Microsoft: sign-in service and Graph on one origin. `ctl` steers it.",
    )
    parser.add_argument("--port", type=int, default=9000, help="0 picks a free one (default 9000)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--seed", type=Path, help="a JSON document to start with (default: the demo story)")
    options = parser.parse_args(arguments)
    directory = Directory()
    try:
        directory.start = json.loads(options.seed.read_text()) if options.seed else demo()
        documents.load(directory, directory.start)
        server = listen(directory, host=options.host, port=options.port)
    except (OSError, ValueError, LookupError) as error:
        print(f"sandbox: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Sandbox, not Microsoft: http://{options.host}:{server.port}", flush=True)  # noqa: T201
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        directory.stopping.set()
    finally:
        server.server_close()
    return 0


def main() -> int:
    arguments = sys.argv[1:]
    if arguments[:1] == ["ctl"]:
        return ctl.main(arguments[1:])
    return serve(arguments)


if __name__ == "__main__":
    sys.exit(main())
