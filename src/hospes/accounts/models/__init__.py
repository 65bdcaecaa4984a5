"""The tables of accounts: a module for each thing that they are about."""

from hospes.accounts.models import library as library
from hospes.accounts.models.passwords import PasswordReset as PasswordReset
from hospes.accounts.models.sessions import Session as Session
from hospes.accounts.models.sessions import SessionManager as SessionManager
from hospes.accounts.models.staff import StaffMember as StaffMember
