"""make demo: sandbox, portal and worker on SQLite, with a story ready to walk. Ctrl-C stops all."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "demo"
BIN = Path(sys.executable).parent

PEOPLE = """
  Portal, at {portal}/sign-in
    Dana Okafor   dana@contoso.example    Owner: publishes, invites, adds tenants
    Sam Ito       sam@contoso.example     Support: invites, looks
    Vera Lind     vera@contoso.example    Viewer: looks
    Ned Strange   ned@contoso.example     no role: is told who can help

  Customers, at the same address: each sees their own organization and nothing else
    Ada Alvarez      ada@northwind.example    T1 Northwind Traders, Privileged Role Administrator: may approve
    Nora Lindqvist   nora@northwind.example   T1, Cloud Application Administrator: may not approve this
    Sera Novak       sera@northwind.example   T1, Security Reader: reads, may not approve
    Elio Marin       elio@northwind.example   T1, Security Reader only eligible: has to activate it first
    Rui Costa        rui@northwind.example    T1, no directory role: is told who can help
    Gus Petrov       gus@fabrikam.example     guest of T1 (sign in to northwind.example) and member of T2
    Femi Adeyemi     femi@fabrikam.example    T2 Fabrikam Residences, Global Administrator: may approve
    Saba Mensah      saba@fabrikam.example    T2, Security Administrator: reads, may not approve
  Approval links need no sign-in to the portal.
"""
STORY = """
  The story
    1. Sign in as Dana. {portal}/sentinel-connector/ has revision 1 and two tenants that never consented.
    2. Open Northwind Traders, send an approval link, open it in a private window, continue as Ada, Accept.
    3. Add SecurityAlert.Read.All to the registration at {sandbox}/ (there it stands for Entra), then publish
       revision 2 in the portal. Northwind needs to consent again; nothing of it was touched.
    4. Invite Fabrikam, accept as Femi: both permissions at once. Compare the tokens of the two tenants.
    5. Invite Northwind again: "1 new permission". Accept as Ada.
    6. Revoke SecurityEvents.Read.All of Northwind at {sandbox}/, then "Check now": revoked.
  A fleet of about 300 tenants with three months of history: {portal}/threat-desk/
  Its denied calls: {portal}/threat-desk/failures
    Why was this one denied? Look it up as Sam: {portal}/threat-desk/support?q={denied}
"""


def free_port(wanted: int) -> int:
    """Return the wanted port, or the next free one; say so when it was taken."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port != wanted:
            print(f"  Port {wanted} is taken; using {port}.")
        return port
    raise SystemExit(f"No free port from {wanted} to {wanted + 49}.")


def environment(portal: int, sandbox: int) -> dict[str, str]:
    """Return what the demo's processes see: nothing of the caller's own configuration."""
    keep = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "TMPDIR", "TERM", "USER"}}
    return keep | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        "PORTAL_URL": f"http://localhost:{portal}",
        "DATABASE_URL": f"sqlite:///{VAR / 'portal.sqlite3'}",
        "VAR_DIR": str(VAR),
        "ENTRA_SANDBOX_URL": f"http://localhost:{sandbox}",
        "ENTRA_CLIENT_ID": "0c0ffee0-0000-4000-8000-0000000000a1",
        "ENTRA_CLIENT_SECRET": "sandbox-portal-secret",
        "ENTRA_HOME_TENANT": "0c0ffee0-0000-4000-8000-000000000001",
        "CONNECTOR_SECRET": "sandbox-connector-secret",
        "DESK_SECRET": "sandbox-desk-secret",
        "PYTHONUNBUFFERED": "1",
    }


class Processes:
    """The demo's processes; what one of them prints goes to a log of its own."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        with (VAR / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def wait_for(self, name: str, url: str, *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise SystemExit(f"{name} did not answer at {url}. Its log: {VAR / name}.log")

    def check(self) -> None:
        for name, process in self.running.items():
            if process.poll() is not None:
                tail = (VAR / f"{name}.log").read_text(errors="replace").strip().splitlines()[-5:]
                raise SystemExit("\n".join([f"{name} stopped (exit code {process.returncode}):", *tail]))

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def set_up(env: dict[str, str], sandbox: str, size: int) -> str:
    """Migrate, collect the static files and fill the database, in this process; return a call's id."""
    os.environ.clear()
    os.environ.update(env)
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command
    from django.utils import timezone

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    from scripts.seed_demo import seed

    return seed(sandbox, now=timezone.now(), size=size)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job
    size = int(os.environ.get("DEMO_TENANTS", "300"))
    shutil.rmtree(VAR, ignore_errors=True)
    VAR.mkdir(parents=True)
    portal, sandbox = free_port(int(os.environ.get("PORT", "8000"))), free_port(9000)
    env = environment(portal, sandbox)
    addresses = {"portal": env["PORTAL_URL"], "sandbox": env["ENTRA_SANDBOX_URL"]}
    processes = Processes(env)
    try:
        print("  Starting the sandbox that stands in for Microsoft…")
        processes.start("sandbox", sys.executable, "-m", "sandbox", "--port", str(sandbox))
        processes.wait_for("sandbox", f"http://127.0.0.1:{sandbox}/_sandbox/settings")
        print(f"  Playing three months of {size} tenants back (about 20 seconds)…")
        denied = set_up(env, f"http://127.0.0.1:{sandbox}", size)
        processes.start(
            "web",
            *(sys.executable, "manage.py", "serve", "--port", str(portal), "--workers", "1"),
        )
        processes.start(
            "worker",
            *(
                str(BIN / "celery"),
                "-A",
                "portal",
                "worker",
                "-B",
                "-P",
                "threads",
                "-c",
                "4",
                "-l",
                "warning",
            ),
            *("-s", str(VAR / "beat")),
        )
        processes.wait_for("web", f"http://127.0.0.1:{portal}/readyz")
        print(f"\n  Portal   {addresses['portal']}\n  Sandbox  {addresses['sandbox']}  (not Microsoft)")
        print(PEOPLE.format(**addresses) + STORY.format(**addresses, denied=denied), flush=True)
        print("  Ready. Ctrl-C stops everything.", flush=True)
        while True:
            processes.check()
            time.sleep(1)
    except KeyboardInterrupt:
        print("\n  Stopping.")
    finally:
        processes.stop()


if __name__ == "__main__":
    main()
