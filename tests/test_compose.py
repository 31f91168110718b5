"""What the container files name exists: services, volumes, files, and variables that the settings read."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from ruamel.yaml import YAML

ROOT = Path(settings.BASE_DIR)
COMPOSE = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
READ_BY_SETTINGS = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "portal/settings.py").read_text()))
ONLY_COMPOSE = {"POSTGRES_PASSWORD"}  # becomes a part of DATABASE_URL there
IN_EXAMPLE = re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.M)


def test_has_what_the_portal_needs():
    assert {"web", "worker", "beat", "postgres", "redis"} <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
class TestEveryService:
    def test_depends_on_services_that_exist_and_can_fulfil_the_condition(self, name):
        for other, wanted in SERVICES[name].get("depends_on", {}).items():
            assert other in SERVICES
            if wanted["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"]

    def test_mounts_only_declared_volumes(self, name):
        for mount in SERVICES[name].get("volumes", []):
            assert mount.split(":")[0] in COMPOSE["volumes"]

    def test_is_watched_or_says_why_not(self, name):
        assert {"test", "disable"} & set(SERVICES[name].get("healthcheck", {})) or name == "web"


@pytest.mark.parametrize("name", OURS)
class TestEveryServiceOfOurs:
    def test_sets_only_variables_that_the_settings_read(self, name):
        assert set(SERVICES[name]["environment"]) <= READ_BY_SETTINGS

    def test_names_other_services_by_their_names(self, name):
        hosts = re.findall(r"(?:@|//)([a-z]+):\d+", " ".join(SERVICES[name]["environment"].values()))
        assert len(hosts) >= 2
        assert set(hosts) <= set(SERVICES)


def test_the_database_of_the_address_is_the_one_that_is_made():
    made = SERVICES["postgres"]["environment"]
    address = SERVICES["web"]["environment"]["DATABASE_URL"]
    assert address.startswith(f"postgresql://{made['POSTGRES_USER']}:")
    assert address.endswith(f"/{made['POSTGRES_DB']}")


def test_the_image_copies_only_what_exists_and_is_not_ignored():
    sources = re.findall(r"^COPY (?!--from)(\S+)", (ROOT / "Dockerfile").read_text(), flags=re.M)
    sent = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), flags=re.M))
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert set(sources) == sent


def test_the_image_holds_every_package_that_is_installed_into_django():
    copied = re.findall(r"^COPY (\S+)", (ROOT / "Dockerfile").read_text(), flags=re.M)
    ours = [app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()]
    assert set(ours) <= set(copied)


def test_the_example_lists_every_setting_once_and_nothing_else():
    assert sorted(IN_EXAMPLE) == sorted(READ_BY_SETTINGS | ONLY_COMPOSE)


def test_the_example_explains_every_setting():
    lines = (ROOT / ".env.example").read_text().splitlines()
    blank = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"#?[A-Z][A-Z_]+=", line) and not above.strip()
    ]
    assert blank == []
