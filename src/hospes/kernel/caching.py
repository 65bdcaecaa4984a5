"""The shared cache holds rate limits of addresses and networks: their keys are made unreadable."""

from hospes.kernel.secrets import blind_index


def blind_cache_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: nobody can read from the cache who tried to log in, or from where."""
    return f"{version}:{blind_index(f'{key_prefix}:{key}', context='cache').hex()}"
