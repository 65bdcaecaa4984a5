"""For P25: a program's token is shown once, is no more than was chosen, and is nobody else's; P11: its person sees it."""

import hashlib
import re

from hospes.proofs.registry import must
from hospes.proofs.stage import Account, Stage

_PAGE, _NEW = "/account/programs/", "/account/programs/new/"


def a_token_is_held_by_nobody(stage: Stage) -> str:
    """What becomes of a token that somebody makes; Broken when anybody else could have it or use it for more."""
    account, other = stage.sign_up(), stage.sign_up()
    token, row = _made(stage, account)
    for purpose, login in (("messages", "worker"), ("security", "office"), ("security", "worker")):
        said = stage.denied(login, purpose, "SELECT digest FROM accounts_apitoken")
    wider = stage.denied("door", "access", "UPDATE accounts_apitoken SET scopes = scopes RETURNING id")
    held = stage.held_by(
        "token_lasts_a_year_at_most",
        "UPDATE accounts_apitoken SET expires_at = made_at + interval '400 days', over_at = made_at + interval '400 days' WHERE id = %s",
        (row,),
    )
    other.browser.get(f"{_PAGE}{row}/end/", expect=404)
    account.browser.get(f"{_PAGE}{row}/end/").submit({}, action=f"/{row}/end/")
    must(
        stage.value("SELECT ended_at IS NOT NULL FROM accounts_apitoken WHERE id = %s", row),
        "the token was not ended",
    )
    log = account.browser.get(account.page("toegang/geschiedenis/")).text
    for what in (
        "Toegangssleutel voor een programma gemaakt",
        "Toegangssleutel voor een programma beëindigd",
    ):
        must(what in log, f"the page of what was done does not say: {what}")
    return (
        f"a token ({token[:15]}…) was shown once and is held as a hash ({said}); nobody widens one ({wider}) or lets it last ({held});"
        " made and ended stand among what was done"
    )


def _made(stage: Stage, account: Account) -> tuple[str, int]:
    """A token as its person sees it, and its row; Broken when it is shown twice, or is in the table."""
    account.browser.get(_NEW).submit(
        {"name": "Proef", "scopes": "invoices:read", "networks": "192.0.2.0/24"}, has="scopes"
    )
    shown = re.search(r"hospes_pat_[A-Za-z0-9_-]{43}", account.browser.text)
    must(shown, f"no token was shown: {account.browser.path}")
    token = shown.group() if shown else ""
    must(token not in account.browser.get(_PAGE).page.text, "the token is shown a second time")
    digest = hashlib.sha256(token.encode()).digest()
    row = stage.value("SELECT id FROM accounts_apitoken WHERE digest = %s", digest)
    must(row, "what is held of the token is not its hash")
    for kept in ("accounts_apitoken", "accounts_session", "messaging_message"):
        must(
            token not in str(stage.value(f"SELECT string_agg(t::text, ' ') FROM {kept} t")),
            f"{kept} has the token itself",
        )
    return token, int(row)
