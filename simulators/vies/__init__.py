"""The simulated check of VAT numbers."""
