"""A payment provider that answers like Stripe's API, as far as a merchant with Checkout and collected payments sees of it."""
