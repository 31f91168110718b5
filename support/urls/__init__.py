"""Addresses: `staff` for the desk, `organization` for an organization's own, `api` for applications."""
