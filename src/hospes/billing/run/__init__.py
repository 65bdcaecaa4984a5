"""The billing run: every service whose term ends within its lead time goes on, and is invoiced. Set-based, in batches."""
