"""
The second step of logging in: a code from an app, a passkey, a code by text message, or a recovery code.

    ways       what a person has set up                 checking   whether a code that was given is right
    totp       codes from an app                        codes      codes by text message, and `phones` that get them
    passkeys   what a device signs with                 recovery   codes for whoever lost all of those
    demands    customers that want one of everybody     releases   the way back after a waiting time, or by our staff
    stage      where it comes in at login               views      the pages

All of it acts within the purpose of access, except where it says otherwise.
"""
