"""Addresses: `staff` behind sign-in, `public` behind an approval link."""
