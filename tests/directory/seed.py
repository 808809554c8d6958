"""Fills a new domain: people of the demo tenant with the ids that the cloud knows them by, more people, a large group.

Usage: seed.py FOLDER. Reads FOLDER/seed.json, writes FOLDER/truth.json. Runs with the Python that Samba was built for.
"""

import base64
import json
import sys
import uuid

import ldb
from samba.auth import system_session
from samba.ndr import ndr_pack
from samba.dcerpc import security
from samba.param import LoadParm
from samba.samdb import SamDB

folder = sys.argv[1]
seed = json.load(open(f"{folder}/seed.json"))
parameters = LoadParm()
parameters.load(f"{folder}/dc/etc/smb.conf")
db = SamDB(url=f"{folder}/dc/private/sam.ldb", session_info=system_session(), lp=parameters)
domain = str(db.domain_dn())
for unit in ("Devices", "Sync"):
    db.add({"dn": f"OU={unit},{domain}", "objectClass": "organizationalUnit"})
units = {",".join(parts[at:]) for parts in (person["dn"].split(",") for person in seed["people"])
         for at in range(1, len(parts)) if parts[at].startswith("OU=")}
for unit in sorted(units, key=len):
    db.add({"dn": unit, "objectClass": "organizationalUnit"})

# New accounts get relative ids far from those that the demo's people have.
pool = db.search(base=f"OU=Domain Controllers,{domain}", expression="(objectClass=rIDSet)", attrs=["dn"])[0]
message = ldb.Message(pool.dn)
for name, value in (("rIDAllocationPool", 29_999 << 32 | 20_000), ("rIDPreviousAllocationPool", 29_999 << 32 | 20_000),
                    ("rIDNextRID", 20_000)):
    message[name] = ldb.MessageElement(str(value), ldb.FLAG_MOD_REPLACE, name)
db.modify(message, controls=["relax:0"])

truth = {"users": {}}
db.transaction_start()
for person in seed["people"]:
    record = {
        "dn": person["dn"],
        "objectClass": "user",
        "sAMAccountName": person["sam"],
        "userPrincipalName": person["upn"],
        "displayName": person["displayName"],
        "mail": person["mail"],
        "proxyAddresses": person["proxyAddresses"],
        "mS-DS-ConsistencyGuid": base64.b64decode(person["immutableId"]),
        "userAccountControl": "546",
    }
    record["objectSid"] = ndr_pack(security.dom_sid(person["sid"]))
    record["objectGUID"] = base64.b64decode(person["immutableId"])
    db.add(record, controls=["relax:0", "provision:0"])
for number in range(seed["more"]):
    db.add({
        "dn": f"CN=Worker {number:05d},OU=Sync,{domain}",
        "objectClass": "user",
        "sAMAccountName": f"worker{number:05d}",
        "userPrincipalName": f"worker{number:05d}@{seed['suffix']}",
        "displayName": f"Worker Quillfeather {number:05d}",
        "mail": f"worker{number:05d}@{seed['suffix']}",
        "proxyAddresses": [f"SMTP:worker{number:05d}@{seed['suffix']}", f"smtp:w{number:05d}@old.{seed['suffix']}"],
        "mS-DS-ConsistencyGuid": uuid.uuid5(uuid.NAMESPACE_DNS, str(number)).bytes_le,
        "userAccountControl": "546",
    })
    if number % 500 == 499:
        db.transaction_commit()
        db.transaction_start()
members = [f"CN=Worker {number:05d},OU=Sync,{domain}" for number in range(seed["members"])]
db.add({"dn": f"CN=BigGroup,OU=Sync,{domain}", "objectClass": "group", "sAMAccountName": "BigGroup", "member": members})
db.add({
    "dn": f"CN=PC-QUILL-07,OU=Devices,{domain}", "objectClass": "computer", "sAMAccountName": "PC-QUILL-07$",
    "userAccountControl": "4096", "dNSHostName": "pc-quill-07.corp.contoso.test", "operatingSystem": "Windows 11 Enterprise",
    "userCertificate": [b"a body that is only counted", b"and another one"],
})
db.add({
    "dn": f"CN=Ext Quillpartner,OU=Sync,{domain}", "objectClass": "contact", "displayName": "Ext Quillpartner",
    "mail": "ext@quillpartner.test",
})
db.add({"dn": f"CN=AZUREADSSOACC,OU=Devices,{domain}", "objectClass": "computer", "sAMAccountName": "AZUREADSSOACC$",
        "userAccountControl": "4096"})
services = f"CN=Services,CN=Configuration,{domain}"
registration = f"CN=Device Registration Configuration,{services}"
db.add({"dn": registration, "objectClass": "container"})
db.add({
    "dn": f"CN=62a0ff2e-97b9-4513-943f-0d221bd30080,{registration}", "objectClass": "serviceConnectionPoint",
    "keywords": ["azureADName:quilltenant.onmicrosoft.com", f"azureADId:{seed['tenant']}"],
})
db.transaction_commit()

# A reader who may not see everything: the account control of people is hidden from it.
for person in ("reader", "poor"):
    db.newuser(person, seed["password"])
db.newuser("MSOL_0f1e2d3c4b5a", seed["password"])
result = db.search(base=domain, expression="(&(objectCategory=person)(objectClass=user))",
                   attrs=["sAMAccountName", "objectGUID", "objectSid", "userPrincipalName"])
for entry in result:
    truth["users"][str(entry["sAMAccountName"])] = {
        "dn": str(entry.dn),
        "guid": str(uuid.UUID(bytes_le=bytes(entry["objectGUID"][0]))),
        "sid": str(security.dom_sid(db.schema_format_value("objectSid", entry["objectSid"][0]).decode())),
    }
json.dump(truth, open(f"{folder}/truth.json", "w"))
