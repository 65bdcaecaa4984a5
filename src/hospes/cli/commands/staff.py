"""`hospes staff first EMAIL`: lets the first administrator in, by a link that works once."""

import argparse

from hospes.cli.problems import Problem


def add(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    first = verbs.add_parser(
        "first", help="print the link by which the first administrator chooses a password"
    )
    first.add_argument("email", help="the administrator's own address; they log in with it")
    first.add_argument("--given-name", default="", help="how they are addressed")
    first.add_argument("--family-name", default="")
    first.add_argument(
        "--even-so",
        action="store_true",
        help="also when there is an administrator: when all of them lost their login, say",
    )


def run(arguments: argparse.Namespace) -> int:
    from django.utils import translation

    from hospes.accounts.staff import first
    from hospes.accounts.staff.services import StaffRefused
    from hospes.kernel import clock

    with translation.override("en"):
        try:
            link = first.link(
                email=arguments.email, given_name=arguments.given_name, family_name=arguments.family_name,
                even_so=arguments.even_so, now=clock.now(),
            )  # fmt: skip
        except StaffRefused as refusal:
            raise Problem(str(refusal)) from None
    print(link)
    return 0
