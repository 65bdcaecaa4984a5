"""What is for sale: groups of products, prices by term from a day on, options, codes, registries, and who changed what."""

from hospes.catalogue.models.changes import CatalogueChange as CatalogueChange
from hospes.catalogue.models.options import Choice as Choice
from hospes.catalogue.models.options import ChoicePrice as ChoicePrice
from hospes.catalogue.models.options import Option as Option
from hospes.catalogue.models.prices import Price as Price
from hospes.catalogue.models.products import Group as Group
from hospes.catalogue.models.products import Product as Product
from hospes.catalogue.models.promotions import Promotion as Promotion
from hospes.catalogue.models.promotions import PromotionProduct as PromotionProduct
from hospes.catalogue.models.promotions import PromotionUse as PromotionUse
from hospes.catalogue.models.registries import RegistryNotice as RegistryNotice
from hospes.catalogue.models.vat import ProductVat as ProductVat
from hospes.catalogue.models.vat import VatCode as VatCode
