//! The forest around the people: domains, suffixes, trusts, sites, the service connection point, service accounts.
//!
//! Gives one LDIF file. Sources: \[MS-ADTS\] (crossRef, trustedDomain, site), entra-docs hybrid-join-manual (the service
//! connection point), reference-connect-accounts-permissions (the connector account), how-to-connect-sso (AZUREADSSOACC).

use super::ldif::{Ldif, sid_bytes};
use super::objects::ROOT;
use super::{CONNECTOR_ACCOUNT, Server, YARD_DOMAIN, instant};
use crate::tenant::world::{
    DEPARTMENTS, DOMAIN, FEDERATED_DOMAIN, INITIAL_DOMAIN, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN, SITES,
};

/// Serial numbers of objectGUIDs begin here.
const SERIALS: u64 = 1 << 44;
/// Well-known name of the device registration's service connection point.
const CONNECTION_POINT: &str = "62a0ff2e-97b9-4513-943f-0d221bd30080";

/// The entries.
pub(super) fn write(server: &Server) -> Vec<u8> {
    let mut ldif = Ldif::default();
    let configuration = format!("CN=Configuration,{ROOT}");
    domain(server, &mut ldif);
    partitions(&configuration, &mut ldif);
    sites(server, &configuration, &mut ldif);
    registration(server, &configuration, &mut ldif);
    accounts(server, &mut ldif);
    ldif.into_bytes()
}

fn domain(server: &Server, ldif: &mut Ldif) {
    let sid = server.world.on_premises_sid(0);
    let sid = sid.strip_suffix("-0").unwrap_or(&sid);
    ldif.entry(ROOT, &["top", "domain", "domainDNS"]).add("dc", "ad").add("name", "ad");
    ldif.bytes("objectGUID", &server.object_guid(SERIALS)).bytes("objectSid", &sid_bytes(sid));
    ldif.add("minPwdLength", "12").add("pwdHistoryLength", "24").add("maxPwdAge", "-36288000000000");
    ldif.add("msDS-Behavior-Version", "7").add("ms-DS-MachineAccountQuota", "0");
    let units = ["People", "Groups", "Workstations", "Contacts", "Leavers", "Writeback"];
    for (serial, unit) in (1..).zip(units) {
        organisational_unit(server, serial, unit, &format!("OU={unit},{ROOT}"), ldif);
    }
    for (serial, (department, _)) in (20..).zip(DEPARTMENTS) {
        organisational_unit(server, serial, department, &format!("OU={department},OU=People,{ROOT}"), ldif);
    }
    ldif.entry(&format!("CN={YARD_DOMAIN},CN=System,{ROOT}"), &["top", "leaf", "trustedDomain"]);
    ldif.add("cn", YARD_DOMAIN).add("trustPartner", YARD_DOMAIN).add("flatName", "YARD").add("trustDirection", "3");
    ldif.add("trustType", "2").add("trustAttributes", "8").bytes("securityIdentifier", &sid_bytes(sid));
}

fn organisational_unit(server: &Server, serial: u64, name: &str, dn: &str, ldif: &mut Ldif) {
    ldif.entry(dn, &["top", "organizationalUnit"]).add("ou", name);
    ldif.bytes("objectGUID", &server.object_guid(SERIALS + serial));
}

fn partitions(configuration: &str, ldif: &mut Ldif) {
    ldif.entry(&format!("CN=Partitions,{configuration}"), &["top", "crossRefContainer"]).add("cn", "Partitions");
    for suffix in [DOMAIN, FEDERATED_DOMAIN] {
        ldif.add("uPNSuffixes", suffix);
    }
    ldif.add("msDS-Behavior-Version", "7");
    ldif.entry(&format!("CN={NETBIOS_DOMAIN},CN=Partitions,{configuration}"), &["top", "crossRef"]);
    ldif.add("nETBIOSName", NETBIOS_DOMAIN).add("dnsRoot", ON_PREMISES_DOMAIN).add("nCName", ROOT);
    ldif.add("systemFlags", "3");
    ldif.entry(&format!("CN=Schema,{configuration}"), &["top", "dMD"]).add("objectVersion", "88");
    ldif.entry(&format!("CN=ms-Exch-Schema-Version-Pt,CN=Schema,{configuration}"), &["top", "attributeSchema"]);
    ldif.add("rangeUpper", "17003");
}

fn sites(server: &Server, configuration: &str, ldif: &mut Ldif) {
    for (serial, site) in (40..).zip(&SITES) {
        let dn = format!("CN={},CN=Sites,{configuration}", site.city);
        ldif.entry(&dn, &["top", "site"]).add("cn", site.city);
        ldif.bytes("objectGUID", &server.object_guid(SERIALS + serial));
        let network = format!("10.{}.0.0/16", site.private_octet);
        ldif.entry(&format!("CN={network},CN=Subnets,CN=Sites,{configuration}"), &["top", "subnet"]);
        ldif.add("cn", &network).add("siteObject", &dn);
    }
}

fn registration(server: &Server, configuration: &str, ldif: &mut Ldif) {
    let container = format!("CN=Device Registration Configuration,CN=Services,{configuration}");
    ldif.entry(
        &format!("CN={CONNECTION_POINT},{container}"),
        &["top", "leaf", "connectionPoint", "serviceConnectionPoint"],
    );
    ldif.add("cn", CONNECTION_POINT).add("keywords", &format!("azureADName:{INITIAL_DOMAIN}"));
    ldif.add("keywords", &format!("azureADId:{}", server.world.tenant_id()));
}

fn accounts(server: &Server, ldif: &mut Ldif) {
    let dn = format!("CN={CONNECTOR_ACCOUNT},CN=Users,{ROOT}");
    ldif.entry(&dn, &["top", "person", "organizationalPerson", "user"]).add("cn", CONNECTOR_ACCOUNT);
    ldif.add("sAMAccountName", CONNECTOR_ACCOUNT).bytes("objectGUID", &server.object_guid(SERIALS + 60));
    ldif.bytes("objectSid", &sid_bytes(&server.world.on_premises_sid(40_000_100)));
    ldif.add("userAccountControl", "66048").add("isCriticalSystemObject", "FALSE");
    ldif.add("pwdLastSet", &instant::interval(server.ago_s(300 * 86_400)).to_string());
    let dn = format!("CN=AZUREADSSOACC,CN=Computers,{ROOT}");
    ldif.entry(&dn, &["top", "person", "organizationalPerson", "user", "computer"]).add("cn", "AZUREADSSOACC");
    ldif.add("sAMAccountName", "AZUREADSSOACC$").bytes("objectGUID", &server.object_guid(SERIALS + 61));
    ldif.bytes("objectSid", &sid_bytes(&server.world.on_premises_sid(40_000_101)));
    ldif.add("userAccountControl", "4096").add("msDS-SupportedEncryptionTypes", "28");
    ldif.add("pwdLastSet", &instant::interval(server.ago_s(20 * 86_400)).to_string());
}
