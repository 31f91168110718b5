"""A verdict as it is printed everywhere."""

from __future__ import annotations

from typing import Any

from consent.queries.export import installation_json
from support.queries.facts import Past
from support.rules.facts import Verdict


def verdict_json(verdict: Verdict, past: Past | None) -> dict[str, Any]:
    """Return a verdict as scripts read it, with the installation as it is now."""
    return {
        "verdict": verdict.slug.value,
        "confidence": verdict.confidence.value,
        "who": verdict.who.value,
        "headline": verdict.headline,
        "next_step": verdict.next_step,
        "checks": [
            {"check": check.check, "result": check.result, "evidence": check.evidence}
            for check in verdict.checks
        ],
        "installation": installation_json(past.installation) if past else None,
    }
