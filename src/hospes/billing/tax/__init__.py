"""Which VAT applies to a customer: the rules, the check of VAT numbers at VIES, and the one-stop shop (OSS)."""
