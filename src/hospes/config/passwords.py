"""How passwords are hashed, and how many at once."""

import os
import sys

from hospes.config.env import env_number

#: Argon2id (RFC 9106), as much as OWASP's password storage cheat sheet asks for at least. Who wants more sets variables:
#: everybody's password is hashed anew when they next log in. Lanes beyond one only help a machine with idle cores.
HOSPES_ARGON2 = {
    "passes": env_number("HOSPES_ARGON2_PASSES", 2),
    "memory_kib": env_number("HOSPES_ARGON2_MEMORY_KIB", 19456),
    "lanes": env_number("HOSPES_ARGON2_LANES", 1),
}
#: How many passwords of people that we do not know yet a process looks at at once: as many as the machine has cores. One more
#: may be looked at for who is known. Each takes the memory above.
HOSPES_HASHES_AT_ONCE = env_number("HOSPES_HASHES_AT_ONCE", max(1, os.cpu_count() or 1))

if "pytest" in sys.modules:  # the least that Argon2 can do; what it costs in earnest is measured, not tested
    HOSPES_ARGON2 = {"passes": 1, "memory_kib": 8, "lanes": 1}
    HOSPES_HASHES_AT_ONCE = 8

PASSWORD_HASHERS = ["hospes.accounts.passwords.hashing.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "hospes.accounts.passwords.validator.HardToGuess"}]
