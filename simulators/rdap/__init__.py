"""The registries of domain names, as far as RDAP shows them."""
