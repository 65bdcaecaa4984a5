"""
Passwords, and what holds up those who try them.

- `rules`, `runs`: what is too easy to guess (pure). `most_used`: the list. `own`: what one is known by. `validator`: says why.
- `hashing`, `slots`: Argon2id with its parameters as data, and never more at once than the machine can do beside its work.
- `limits`, `tries`: counting by network and account. `gate`: "wait a moment". `familiar`: who is no stranger.
- `lanes`, `repute`: who goes first where more come than can be looked at, and what is known of their networks.
- `attempts`: looking whether a password is right. `forms`: sign-up and new passwords. `alike`: what is done for an address that
  nobody has, so that it takes as long.
"""
