//! The type map over one table: outer form, way back, second application, refusal.
//!
//! In the expected column `<text>` stands for the token of `text`.

use super::*;
use crate::pseudonym::cipher::tests::cipher;
use Kind::*;

/// Kind, value, expected pseudonym with `<text>` for tokens.
const SHAPES: &[(Kind, &str, &str)] = &[
    (Upn, "Alice.Smith@contoso.com", "<alice.smith>@<contoso>.com"),
    (Upn, " alice.smith@CONTOSO.com ", "<alice.smith>@<contoso>.com"),
    (Upn, "al\u{200b}ice.smith＠contoso.com", "<alice.smith>@<contoso>.com"),
    (
        Upn,
        "alice_fabrikam.co.uk#EXT#@contoso.onmicrosoft.com",
        "<alice>_<fabrikam>.co.uk#EXT#@<contoso>.onmicrosoft.com",
    ),
    (Upn, "a_b_fabrikam.com#ext#@contoso.com", "<a_b>_<fabrikam>.com#ext#@<contoso>.com"),
    (Upn, "alice_gmail.com#EXT#@contoso.com", "<alice>_gmail.com#EXT#@<contoso>.com"),
    (Upn, "Sync_SRV01_0123456789ab@contoso.onmicrosoft.com", "Sync_<srv01>_[i:0123456789ab]@<contoso>.onmicrosoft.com"),
    (Upn, "alice", "<alice>"),
    (Upn, "CONTOSO\\alice", "<contoso>\\<alice>"),
    (Mail, "alice@ad.contoso.local", "<alice>@<ad>.<contoso>.local"),
    (Mail, "alice@contoso.mail.onmicrosoft.com", "<alice>@<contoso>.mail.onmicrosoft.com"),
    (Mail, "Alice Smith <alice@contoso.com>", "<alice smith> <<alice>@<contoso>.com>"),
    (Mail, "i:0#.f|membership|alice@contoso.com", "i:0#.f|membership|<alice>@<contoso>.com"),
    (ProxyAddress, "SMTP:Alice@contoso.com", "SMTP:<alice>@<contoso>.com"),
    (ProxyAddress, "smtp:alice@contoso.com", "smtp:<alice>@<contoso>.com"),
    (ProxyAddress, "sip:alice@contoso.com", "sip:<alice>@<contoso>.com"),
    (
        ProxyAddress,
        "x500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=alice",
        "x500:/o=<contoso>/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=<alice>",
    ),
    (ProxyAddress, "X400:C=US;A= ;P=Contoso;S=Smith;G=Alice;", "X400:C=US;A= ;P=<contoso>;S=<smith>;G=<alice>;"),
    (Name, "Alice  Smith", "<alice  smith>"),
    (Name, "Smith, Alice (Contoso)", "<smith, alice (contoso)>"),
    (Name, "alice@contoso.com", "<alice>@<contoso>.com"),
    (Name, "CONTOSO\\alice", "<contoso>\\<alice>"),
    (Account, "asmith", "<asmith>"),
    (Account, "PC-0042$", "<pc-0042>$"),
    (Account, "MSOL_0123456789ab", "MSOL_[i:0123456789ab]"),
    (Account, "krbtgt", "krbtgt"),
    (DomainUser, "CONTOSO\\ASmith", "<contoso>\\<asmith>"),
    (DomainUser, "ad.contoso.com\\PC1$", "<ad>.<contoso>.com\\<pc1>$"),
    (DomainUser, "NT AUTHORITY\\SYSTEM", "NT AUTHORITY\\SYSTEM"),
    (DomainUser, "AzureAD\\AliceSmith", "AzureAD\\<alicesmith>"),
    (DomainUser, "AzureAD\\alice@contoso.com", "AzureAD\\<alice>@<contoso>.com"),
    (Domain, "emea.contoso.com", "<emea>.<contoso>.com"),
    (Domain, "contoso.co.uk", "<contoso>.co.uk"),
    (Domain, "CONTOSO", "<contoso>"),
    (Domain, "contoso.hq", "<contoso>.<hq>"),
    (Domain, "alderwood.example", "<alderwood>.example"),
    (Domain, "foo.contoso.ck", "<foo>.<contoso>.ck"),
    (Domain, "graph.microsoft.com", "graph.microsoft.com"),
    (Domain, "contoso-my.sharepoint.com", "<contoso>-my.sharepoint.com"),
    (Domain, "contoso.azurewebsites.net", "<contoso>.azurewebsites.net"),
    (Domain, "*.contoso.com", "*.<contoso>.com"),
    (Domain, "autodiscover.contoso.com.", "autodiscover.<contoso>.com."),
    (Domain, "_ldap._tcp.dc._msdcs.contoso.local", "_ldap._tcp.dc._msdcs.<contoso>.local"),
    (Host, "DC01.ad.contoso.com", "<dc01>.<ad>.<contoso>.com"),
    (Host, "DESKTOP-1AB2", "<desktop-1ab2>"),
    (Host, "Alice's iPhone", "<alice's iphone>"),
    (Host, "proxy.contoso.com:8080", "<proxy>.<contoso>.com:8080"),
    (Dn, "CN=Alice Smith,OU=Sales\\, EMEA,DC=contoso,DC=com", "CN=<alice smith>,OU=<sales, emea>,DC=<contoso>,DC=com"),
    (Dn, "CN=alice, CN=Users, DC=ad, DC=contoso, DC=local", "CN=<alice>, CN=Users, DC=<ad>, DC=<contoso>, DC=local"),
    (Dn, "CN=PC1,OU=Domain Controllers,DC=contoso,DC=com", "CN=<pc1>,OU=Domain Controllers,DC=<contoso>,DC=com"),
    (Dn, "cn=\"Smith, Alice\";o=Contoso+l=Seattle;c=US", "cn=<smith, alice>;o=<contoso>+l=<seattle>;c=US"),
    (Dn, "CN=Al\\C3\\A9ice,DC=contoso,DC=com", "CN=<aléice>,DC=<contoso>,DC=com"),
    (Dn, "E=alice@contoso.com,CN=www.contoso.com,C=DE", "E=<alice>@<contoso>.com,CN=www.<contoso>.com,C=DE"),
    (Dn, "CN=MS-Organization-Access,DC=windows,DC=net", "CN=MS-Organization-Access,DC=windows,DC=net"),
    (Dn, "DC=DomainDnsZones,DC=contoso,DC=com", "DC=DomainDnsZones,DC=<contoso>,DC=com"),
    (Phone, "+49", "+49"),
    (EmployeeId, "E-00417", "<e-00417>"),
    (Place, "Bldg. 4, Room 12", "<bldg. 4, room 12>"),
    (Job, "Field Crew Lead", "<field crew lead>"),
    (OrgName, "Contoso", "<contoso>"),
    (ImmutableId, "alice-anchor", "<alice-anchor>"),
    (Serial, "5CG1234XYZ", "<5cg1234xyz>"),
    (Coordinates, "47.6801", "48"),
    (Coordinates, "-0.3, -122.12", "0, -122"),
    (Url, "https://graph.microsoft.com/v1.0/me/messages?$top=5", "https://graph.microsoft.com/v1.0/me/messages?$top=5"),
    (
        Url,
        "https://graph.microsoft.com/v1.0/users/alice%40contoso.com",
        "https://graph.microsoft.com/v1.0/users/<alice>%40<contoso>.com",
    ),
    (Url, "/beta/users('alice@contoso.com')/memberOf", "/beta/users('<alice>@<contoso>.com')/memberOf"),
    (
        Url,
        "/v1.0/users?$filter=startswith(displayName,'Al O''Neil') and accountEnabled eq true&$select=id",
        "/v1.0/users?$filter=startswith(displayName,'<al o'neil>')%20and%20accountEnabled%20eq%20true&$select=id",
    ),
    (
        Url,
        "https://sts.contoso.com/adfs/ls/?wa=wsignin1.0&username=alice",
        "https://<sts>.<contoso>.com/adfs/ls/?wa=wsignin1.0&username=<alice>",
    ),
    (
        Url,
        "https://contoso.sharepoint.com/sites/Payroll/Plan%202024.xlsx",
        "https://<contoso>.sharepoint.com/sites/<payroll>/<plan 2024>.xlsx",
    ),
    (
        Url,
        "https://bob:secret@app.contoso.com:8443/x?code=abc",
        "https://<bob>:***@<app>.<contoso>.com:8443/<x>?code=***",
    ),
    (
        Url,
        "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token",
        "https://login.microsoftonline.com/<contoso>.com/oauth2/v2.0/token",
    ),
    (Url, "\\\\fs01.contoso.local\\home\\alice", "\\\\<fs01>.<contoso>.local\\<home>\\<alice>"),
    (Url, "mailto:alice@contoso.com", "mailto:<alice>@<contoso>.com"),
    (Upn, "  ", "  "),
    (Url, "", ""),
];

/// Values that do not have the form of their kind.
const REFUSED: &[(Kind, &str)] = &[
    (UserId, "alice"),
    (GroupId, "74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7g"),
    (RequestId, "no id at all"),
    (DomainUser, "alice"),
    (DomainUser, "A\\B\\C"),
    (Domain, "not a domain"),
    (Domain, "a..b"),
    (Domain, "10.0.19045"),
    (Dn, "Alice Smith"),
    (Dn, "Alice Smith = boss"),
    (Sid, "S-1-5-21-"),
    (Sid, "S-1-5-4294967296"),
    (Ip, "142.0.0.0.1"),
    (Ip, "1.2.3.4:http"),
    (IpRange, "1.2.3.4/33"),
    (IpRange, "9.9.9.9-1.1.1.1"),
    (Phone, "call me"),
    (Puid, "1003200"),
    (Coordinates, "north"),
    (Thumbprint, "abc"),
    (Url, "nothing"),
    (ProxyAddress, "alice"),
];

fn sealed(kind: Kind, value: &str) -> String {
    let mut out = String::from("|");
    pseudonymise(kind, value, &cipher(1), &mut out).unwrap_or_else(|_| panic!("a row of {kind:?} is refused"));
    out.split_off(1)
}

fn token(text: &str) -> String {
    sealed(Job, text)
}

fn form(kind: Kind, value: &str) -> String {
    let mut out = String::new();
    canonical_form(kind, value, &mut out).unwrap();
    out
}

fn revealed(kind: Kind, value: &str) -> Option<(String, Proof)> {
    let mut out = String::new();
    reveal_as(kind, value, &cipher(1), &mut out).ok().map(|proof| (out, proof))
}

/// Replaces `<text>` by tokens and `[i:digits]` by the image of an installation's digits.
fn expected(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find(['<', '[']) {
        let (head, tail) = rest.split_at(start);
        out.push_str(head);
        let close = if tail.starts_with('<') { '>' } else { ']' };
        let end = tail.find(close).unwrap();
        let inner = &tail[1..end];
        if let Some(digits) = inner.strip_prefix("i:") {
            out.push_str(&sealed(Account, &format!("AAD_{digits}"))["AAD_".len()..]);
        } else if let Some(address) = inner.strip_prefix('<') {
            // `<<local>@…>`: the outer brackets are the address's own.
            out.push('<');
            out.push_str(&token(address));
        } else {
            out.push_str(&token(inner));
        }
        rest = &tail[end + 1..];
    }
    out + rest
}

#[test]
fn shapes() {
    for (at, (kind, value, pattern)) in SHAPES.iter().enumerate() {
        assert_eq!(sealed(*kind, value), expected(pattern), "row {at}, {kind:?}: {pattern}");
    }
}

#[test]
fn what_is_made_comes_back_and_is_its_own_pseudonym() {
    for (at, (kind, value, pattern)) in SHAPES.iter().enumerate() {
        if *kind == Coordinates || pattern.contains("***") || value.trim().is_empty() || *value == "+49" {
            continue;
        }
        let image = sealed(*kind, value);
        let (back, proof) = revealed(*kind, &image).unwrap_or_else(|| panic!("row {at} does not come back"));
        assert_eq!(back, form(*kind, value), "row {at}, {kind:?}");
        assert_eq!(proof.proven > 0, pattern.contains('<'), "row {at}, {kind:?}");
        if proof.unproven == 0 {
            assert_eq!(sealed(*kind, &image), image, "row {at}, {kind:?}: applied twice");
        }
    }
}

#[test]
fn another_key_opens_nothing_that_has_a_check() {
    for (at, (kind, value, pattern)) in SHAPES.iter().enumerate().filter(|(_, row)| row.2.contains('<')) {
        let image = sealed(*kind, value);
        let mut out = String::from("|");
        assert!(reveal_as(*kind, &image, &cipher(2), &mut out).is_err(), "row {at}: {pattern}");
        assert_eq!(out, "|", "row {at}: nothing is left of a failed attempt");
    }
}

#[test]
fn other_forms_are_refused_and_nothing_is_written() {
    for (at, (kind, value)) in REFUSED.iter().enumerate() {
        let mut out = String::from("|");
        assert_eq!(pseudonymise(*kind, value, &cipher(1), &mut out), Err(NotThisKind), "row {at}, {kind:?}");
        assert_eq!(out, "|", "row {at}, {kind:?}");
    }
}

#[test]
fn a_kept_kind_stays_within_composites() {
    let keep_domains = |kind: Kind, _: &str| kind == Domain;
    let tenant = "0e5bd4bf-3f21-4a32-a6f5-2d3e4f5a6b7c";
    let keep_tenant = move |kind: Kind, value: &str| kind == TenantId && value == tenant;
    let rows: [(Kind, &str, Keep<'_>, &str); 4] = [
        (Upn, "alice@contoso.com", &keep_domains, "<alice>@contoso.com"),
        (DomainUser, "CONTOSO\\alice", &keep_domains, "CONTOSO\\<alice>"),
        (Dn, "CN=alice,DC=contoso,DC=com", &keep_domains, "CN=<alice>,DC=contoso,DC=com"),
        (
            Url,
            "https://sts.windows.net/0E5BD4BF-3F21-4A32-A6F5-2D3E4F5A6B7C/",
            &keep_tenant,
            "https://sts.windows.net/0E5BD4BF-3F21-4A32-A6F5-2D3E4F5A6B7C/",
        ),
    ];
    for (kind, value, keep, pattern) in rows {
        let mut out = String::new();
        pseudonymise_keeping(kind, value, &cipher(1), keep, &mut out).unwrap();
        assert_eq!(out, expected(pattern), "{kind:?}");
    }
}

#[test]
fn a_deleted_objects_name_and_id_are_mapped_apart() {
    let guid = "74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7c";
    let image = sealed(Dn, &format!("CN=Alice\\0ADEL:{guid},CN=Deleted Objects,DC=contoso,DC=com"));
    let expected_tail = format!("\\0ADEL:{},CN=Deleted Objects,DC={},DC=com", sealed(UserId, guid), token("contoso"));
    assert_eq!(image, format!("CN={}{expected_tail}", token("alice")));
    let (back, _) = revealed(Dn, &image).unwrap();
    assert_eq!(back, format!("CN=alice\\0ADEL:{guid},CN=Deleted Objects,DC=contoso,DC=com"));
}

#[test]
fn reverse_names_follow_their_address() {
    let image = sealed(Ip, "203.0.113.9");
    let mut octets: Vec<&str> = image.split('.').collect();
    octets.reverse();
    assert_eq!(sealed(Domain, "9.113.0.203.in-addr.arpa"), format!("{}.in-addr.arpa", octets.join(".")));
}

#[test]
fn thumbprints_keep_length_case_and_equality() {
    let plain = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B";
    let image = sealed(Thumbprint, plain);
    assert_eq!(image.len(), 40);
    assert!(image.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) && image != plain);
    assert_eq!(sealed(Thumbprint, &plain.to_lowercase()), image.to_lowercase());
    let spaced: Vec<&str> = plain.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
    assert_eq!(sealed(Thumbprint, &spaced.join(":")).replace(':', ""), image);
    assert!(revealed(Thumbprint, &image).is_none());
    assert!(revealed(Coordinates, "48").is_none());
}

#[test]
fn telephone_numbers_keep_country_punctuation_and_equality() {
    let rows = [
        ("+1 (425) 555-0100", "+1 ("),
        ("+14255550100", "+1"),
        ("0041 44 668 18 00", "0041 "),
        ("tel:+4930901820", "tel:+49"),
    ];
    for (value, head) in rows {
        let image = sealed(Phone, value);
        assert!(image.starts_with(head) && image.len() == value.len());
        assert_eq!(revealed(Phone, &image).map(|(back, _)| back).as_deref(), Some(value));
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    assert_eq!(digits(&sealed(Phone, "+1 (425) 555-0100")), digits(&sealed(Phone, "+14255550100")));
    let masked = sealed(Phone, "+X XXXXXXXX42");
    assert!(masked.starts_with("+X XXXXXXXX") && masked.len() == 13);
}

#[test]
fn blocks_keep_their_length_and_contain_their_addresses() {
    let net = sealed(IpRange, "203.0.113.0/24");
    let (base, length) = net.split_once('/').unwrap();
    assert!(length == "24" && base.ends_with(".0"));
    let prefix = base.strip_suffix('0').unwrap();
    assert!((0..=255).all(|host| sealed(Ip, &format!("203.0.113.{host}")).starts_with(prefix)));
    assert_eq!(revealed(IpRange, &net).map(|(back, _)| back).as_deref(), Some("203.0.113.0/24"));
    assert_eq!(sealed(IpRange, "10.0.0.0/8"), "10.0.0.0/8");
    assert_eq!(sealed(IpRange, "0.0.0.0/0"), "0.0.0.0/0");
    let six = sealed(IpRange, "2001:db8:1::/48");
    let address = sealed(Ip, "2001:db8:1:2::7");
    let head = |text: &str| text.split([':', '/']).take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(head(&six), head(&address));
    assert_eq!(sealed(IpRange, "203.0.113.5-203.0.113.8").matches(',').count(), 2);
}

#[test]
fn ports_and_zones_stay() {
    let bare = sealed(Ip, "203.0.113.9");
    assert_eq!(sealed(Ip, "203.0.113.9:443"), format!("{bare}:443"));
    let six = sealed(Ip, "2001:db8::9");
    assert_eq!(sealed(Ip, "[2001:DB8::9]:443"), format!("[{six}]:443"));
    assert!(sealed(Ip, "fe80::1%eth0").ends_with("%eth0"));
    assert_eq!(sealed(Ip, "::ffff:203.0.113.9"), format!("::ffff:{bare}"));
}

#[test]
fn mac_addresses_keep_flags_and_spelling() {
    for value in ["00:1b:44:11:3a:b7", "02-1B-44-11-3A-B7", "001b.4411.3ab7"] {
        let image = sealed(Serial, value);
        assert!(is_mac(value) && is_mac(&image));
        assert_eq!(image.len(), value.len());
        assert_ne!(image, value);
        assert_eq!(revealed(Serial, &image).map(|(back, _)| back).as_deref(), Some(value));
    }
    assert!(!is_mac("00:1b-44:11:3a:b7"));
}
