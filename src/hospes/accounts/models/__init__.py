"""The tables of accounts: a module for each thing that they are about."""

from hospes.accounts.models import library as library
from hospes.accounts.models.addresses import AddressChange as AddressChange
from hospes.accounts.models.invitations import Invitation as Invitation
from hospes.accounts.models.origins import AccessLimit as AccessLimit
from hospes.accounts.models.origins import Familiar as Familiar
from hospes.accounts.models.origins import LimitLift as LimitLift
from hospes.accounts.models.origins import LoginCode as LoginCode
from hospes.accounts.models.origins import OpenSession as OpenSession
from hospes.accounts.models.passwords import PasswordReset as PasswordReset
from hospes.accounts.models.second import Passkey as Passkey
from hospes.accounts.models.second import Phone as Phone
from hospes.accounts.models.second import PhoneCode as PhoneCode
from hospes.accounts.models.second import RecoveryCode as RecoveryCode
from hospes.accounts.models.second import Release as Release
from hospes.accounts.models.second import StepDemand as StepDemand
from hospes.accounts.models.sessions import Session as Session
from hospes.accounts.models.sessions import SessionManager as SessionManager
from hospes.accounts.models.staff import Power as Power
from hospes.accounts.models.staff import StaffChange as StaffChange
from hospes.accounts.models.staff import StaffMember as StaffMember
from hospes.accounts.models.staff import StaffPost as StaffPost
from hospes.accounts.models.staff import StaffRole as StaffRole
from hospes.accounts.models.tokens import ApiToken as ApiToken
from hospes.accounts.models.tries import Tries as Tries
from hospes.accounts.models.viewing import Viewing as Viewing
