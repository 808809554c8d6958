//! Turning pseudonyms back, and recognising what a text may be.
//!
//! Takes a text of unknown kind and the cipher, gives the canonical value, its kind and what the answer rests on. Names,
//! and everything made of them, prove themselves: with another key they open to nothing. GUIDs, SIDs, telephone numbers
//! and addresses carry no check, and with another key they open to a wrong value; the caller must know that the key is
//! right ([`Proof::proven`] is 0). Addresses are turned back only on request. Never logs a value.

use crate::catalog::Kind;

use super::canonical::visible;
use super::cipher::Cipher;
use super::map::{Proof, canonical_form, guid, is_mac, reveal_as};

/// A pseudonym turned back.
pub struct Revealed {
    /// What it was read as. A bare token is [`Kind::Name`]: an account, a label and a name share one token.
    pub kind: Kind,
    /// The canonical value.
    pub value: String,
    /// What the answer rests on.
    pub proof: Proof,
    /// A GUID without the mark of a pseudonym (UUID version 8): either it was never one, or its original was no version 4.
    pub unmarked: bool,
}

/// Turns back a pseudonym of any kind but IP addresses; `None` when it is none of this key.
pub fn reveal(token: &str, cipher: &dyn Cipher) -> Option<Revealed> {
    // A dotted address is also a host's form and a telephone number's.
    if reads_as_address(token) {
        return None;
    }
    readings(token).into_iter().find_map(|kind| reveal_reading(kind, token, cipher))
}

/// Turns back an IP address or range. They carry no check, and addresses are more often real than not: ask only for
/// what is known to be a pseudonym.
pub fn reveal_address(token: &str, cipher: &dyn Cipher) -> Option<Revealed> {
    address_kind(token).and_then(|kind| reveal_reading(kind, token, cipher))
}

/// Whether the text is an IP address or a range of them.
pub fn reads_as_address(text: &str) -> bool {
    address_kind(text).is_some()
}

fn address_kind(text: &str) -> Option<Kind> {
    let fits = |kind: &Kind| !text.trim().is_empty() && canonical_form(*kind, text, &mut String::new()).is_ok();
    [Kind::Ip, Kind::IpRange].into_iter().find(fits)
}

fn reveal_reading(kind: Kind, token: &str, cipher: &dyn Cipher) -> Option<Revealed> {
    let mut value = String::new();
    let proof = reveal_as(kind, token, cipher, &mut value).ok()?;
    let unmarked = guid::parse(&visible(token)).is_some_and(|(guid, _)| (guid >> 76) & 15 != 8);
    // Constants alone are nothing that was turned back.
    (proof.proven + proof.unproven > 0).then_some(Revealed { kind, value, proof, unmarked })
}

/// The kinds that a text can be, judged by its form, the most particular first; an address is nothing else, and
/// everything else ends with [`Kind::Name`].
pub fn readings(text: &str) -> Vec<Kind> {
    let text = &*visible(text);
    if let Some(kind) = address_kind(text) {
        return vec![kind];
    }
    let mut kinds = Vec::new();
    let mut add = |kind: Kind, fits: bool| {
        if fits && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    };
    let prefix = text.split_once(':').map_or("", |(prefix, _)| prefix);
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();

    let is_guid = guid::parse(text).is_some();
    add(Kind::ImmutableId, is_guid && text.ends_with("=="));
    add(Kind::PrincipalId, is_guid);
    add(Kind::Sid, starts_with_ignore_case(text, "S-1-") || text.starts_with("AQ") || text.starts_with("010"));
    add(Kind::Dn, starts_with_ignore_case(text, "/o="));
    add(Kind::Url, text.contains("://") || text.starts_with("\\\\") || text.starts_with('/'));
    add(Kind::Url, matches!(prefix.to_ascii_lowercase().as_str(), "mailto" | "tel" | "urn"));
    add(Kind::Serial, is_mac(text));
    add(Kind::ProxyAddress, !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_alphanumeric()));
    add(Kind::Upn, text.contains('@'));
    add(Kind::Dn, text.contains('='));
    add(Kind::DomainUser, text.contains('\\'));
    add(Kind::ConfigId, text.contains(['-', '_']) && text.len() >= 36);
    add(Kind::Puid, text.len() == 16 && hex(text));
    add(Kind::Phone, text.starts_with('+') || (digits >= 7 && digits * 2 > text.len()));
    add(Kind::Account, text.ends_with('$') || text.contains('_'));
    add(Kind::Host, text.contains('.') && !text.contains([' ', '@']));
    add(Kind::Name, true);
    kinds
}

fn starts_with_ignore_case(text: &str, head: &str) -> bool {
    text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pseudonym::cipher::tests::cipher;
    use crate::pseudonym::map::pseudonymise;
    use Kind::*;

    /// Every shape that the map makes is recognised without being told its kind.
    #[test]
    fn every_shape_is_recognised() {
        let rows = [
            (Name, "Alice Smith"),
            (Account, "PC1$"),
            (Account, "MSOL_0123456789ab"),
            (Upn, "alice@contoso.com"),
            (Upn, "alice_fabrikam.com#EXT#@contoso.onmicrosoft.com"),
            (Upn, "Sync_SRV01_0123456789ab@contoso.onmicrosoft.com"),
            (Host, "dc01.ad.contoso.local"),
            (ProxyAddress, "SMTP:alice@contoso.com"),
            (ProxyAddress, "X400:C=US;A= ;P=Contoso;S=Smith;G=Alice;"),
            (DomainUser, "CONTOSO\\alice"),
            (Dn, "CN=Alice,OU=Sales,DC=contoso,DC=com"),
            (Dn, "/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=alice"),
            (PrincipalId, "74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7c"),
            (PrincipalId, "{74E51D2C-9A3B-4F60-8B1C-2D3E4F5A6B7C}"),
            (ImmutableId, "ZvVa5TbM7kmIyPUTVPvtww=="),
            (Sid, "S-1-5-21-3623811015-3361044348-30300820-1013"),
            (Sid, "S-1-12-1-1943430372-1249052806-2496021943-3034400218"),
            (Sid, "AQUAAAAAAAUVAAAAx/f+13xrVcgUWs4B9QMAAA=="),
            (Phone, "+1 (425) 555-0100"),
            (Puid, "10032001abcdef12"),
            (Serial, "00:1b:44:11:3a:b7"),
            (ConfigId, "lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1"),
            (Url, "https://sts.contoso.com/adfs/ls/?username=alice"),
        ];
        for (kind, value) in rows {
            let (mut image, mut form) = (String::new(), String::new());
            pseudonymise(kind, value, &cipher(1), &mut image).unwrap();
            canonical_form(kind, value, &mut form).unwrap();
            let revealed = reveal(&image, &cipher(1)).unwrap_or_else(|| panic!("a {kind:?} is not recognised"));
            assert_eq!(revealed.value, form, "{kind:?}");
            let wrong = reveal(&image, &cipher(2));
            assert_eq!(wrong.is_some(), revealed.proof.proven == 0, "{kind:?} with another key");
        }
    }

    #[test]
    fn addresses_only_on_request() {
        for (kind, value) in
            [(Ip, "203.0.113.9"), (Ip, "2001:db8::1"), (IpRange, "203.0.113.0/24"), (Ip, "1.2.3.4:443")]
        {
            let mut image = String::new();
            pseudonymise(kind, value, &cipher(1), &mut image).unwrap();
            assert!(reads_as_address(&image) && reveal(&image, &cipher(1)).is_none());
            assert!(reveal_address(&image, &cipher(1)).is_some_and(|revealed| revealed.value == value));
        }
    }

    #[test]
    fn real_values_and_constants_are_not_pseudonyms() {
        for value in
            ["alice@contoso.com", "Alice Smith", "S-1-5-18", "krbtgt", "px", "graph.microsoft.com", "CN=Users", "", " "]
        {
            assert!(reveal(value, &cipher(1)).is_none());
        }
        let real = reveal("74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7c", &cipher(1));
        assert!(real.is_some_and(|revealed| revealed.unmarked), "a real GUID lacks the mark");
    }
}
