"""
See as the customer sees: a colleague looks at the pages of a customer, and can change nothing.

It is no login. Who is there stays the colleague, in the office, with the office's session, second step and networks, and acts for
the purposes of their own roles; the customer is whom the pages are about. See docs/decisions/0009.
"""
