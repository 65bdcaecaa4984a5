"""hospes: what a web hosting company runs its relation with its customers on."""
