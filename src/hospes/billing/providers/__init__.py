"""What billing asks of others: each kind of provider in a package of its own."""
