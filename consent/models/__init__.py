"""Tables, by subject: the registration, what was granted, and the way to consent."""

from consent.models.application import Application, RequiredPermission, Revision
from consent.models.directory import DirectoryLookup
from consent.models.flow import ConsentAttempt, Invitation
from consent.models.grants import Comparison, GrantPattern, Installation, PatternCount, Snapshot
from consent.models.people import SignInEvidence
from consent.models.scans import DailyCount, Scan

__all__ = [
    "Application",
    "Comparison",
    "ConsentAttempt",
    "DailyCount",
    "DirectoryLookup",
    "GrantPattern",
    "Installation",
    "Invitation",
    "PatternCount",
    "RequiredPermission",
    "Revision",
    "Scan",
    "SignInEvidence",
    "Snapshot",
]
