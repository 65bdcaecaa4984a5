"""
E-invoices over Peppol, for customers who asked for them.

The address of a customer on that network is frozen on the e-invoice when the file of the invoice is made, so that the file
and what is sent follow the same rules; sending is repeated with one key until the access point took it, and what became of it
is asked for later.
"""
