"""What a person at a terminal is told when a command cannot go on."""


class Problem(Exception):
    """
    A command cannot go on; the message is one sentence that says what is wrong and what to do.

    Commands print it on standard error, without a traceback, and exit with code 1.
    """
