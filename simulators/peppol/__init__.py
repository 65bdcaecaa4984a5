"""A Peppol access point: takes e-invoices, and delivers them to a page."""
