"""A payment provider that answers like Mollie's v2 API, with a checkout page of its own."""
