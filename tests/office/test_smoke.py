import pytest
from tests.support import make
pytestmark=[pytest.mark.django_db, pytest.mark.login("office")]
ROLES=["billing_clerk","support_agent","privacy_officer","administrator"]
@pytest.mark.parametrize("role", ROLES)
def test_pages(as_role, role):
    c=as_role(role)
    cust=make.customer(kind="business")
    make.order(customer=cust); make.service(customer=cust,state="pending"); make.message(customer=cust,state="failed"); make.message(customer=cust)
    inv=make.invoice(customer=cust, with_document=True)
    make.payment(order=make.order(customer=cust), state="surplus", paid_at=make.NOW)
    make.payment(order=make.order(customer=cust), state="open")
    for url in ["/","/zoeken/","/zoeken/?q="+cust.name.split()[0],f"/klanten/{cust.number}/",f"/klanten/{cust.number}/wijzigen/",f"/klanten/{cust.number}/facturen/",f"/klanten/{cust.number}/gegevens/",f"/facturen/{inv.number}/",f"/facturen/{inv.number}/pdf/","/logboek/",f"/logboek/?customer={cust.number}","/controles/","/werk/verlopen-facturen/"]:
        r=c.get(url)
        print(role,url,r.status_code, r.headers.get("Location"))
        if url in("/","/zoeken/?q="+cust.name.split()[0]): print(r.content.decode()[r.content.decode().find("<main"):][:3000] if role=="billing_clerk" else "")
