"""A small Microsoft for demonstrations and tests: sign-in service and Microsoft Graph on one origin.

    python -m sandbox --port 9000 [--host 127.0.0.1] [--seed FILE.json]   a server; without a seed, the demo
    python -m sandbox ctl --help                                          the same controls from a terminal
    sandbox.server.start(port=0, document={...})                          in a thread, for tests

A client keeps Microsoft's addresses and sends every request to this origin with path and query unchanged,
so tokens, metadata and links hold Microsoft's addresses too. How to steer it: `sandbox.control`. How to
break it: `sandbox.faults`. Where the real service varies or is undocumented: `sandbox.model.Settings`.
"""
