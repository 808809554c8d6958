//! One GUID in all its spellings, SIDs, and the ids that contain others.

use std::collections::HashSet;

use proptest::prelude::*;

use super::guid::{Spelling, dashed, mixed_endian, parse, write};
use super::*;
use crate::pseudonym::cipher::tests::cipher;

const GUID: &str = "74e51d2c-9a3b-4f60-8b1c-2d3e4f5a6b7c";

fn sealed(kind: Kind, value: &str) -> String {
    let mut out = String::new();
    pseudonymise(kind, value, &cipher(1), &mut out).unwrap_or_else(|_| panic!("refused as {kind:?}"));
    out
}

fn opened(kind: Kind, value: &str) -> String {
    let mut out = String::new();
    reveal_as(kind, value, &cipher(1), &mut out).unwrap();
    out
}

fn spellings(guid: u128) -> Vec<String> {
    let text = |dashes, brackets, urn, upper| Spelling::Text { dashes, brackets, urn, upper };
    let forms = [
        text(true, None, false, false),
        text(true, None, false, true),
        text(false, None, false, false),
        text(true, Some(('{', '}')), false, true),
        text(true, Some(('(', ')')), false, false),
        text(true, None, true, false),
        Spelling::Base64,
        Spelling::Ldap { upper: true },
        Spelling::Ldap { upper: false },
        Spelling::Spaced { separator: ' ', upper: true },
        Spelling::Spaced { separator: '-', upper: false },
        Spelling::HexOfBase64 { upper: false },
    ];
    forms
        .into_iter()
        .map(|form| {
            let mut out = String::new();
            write(guid, form, &mut out);
            out
        })
        .collect()
}

fn entra_sid(guid: u128) -> String {
    let numbers =
        mixed_endian(guid).chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap()).to_string()).collect::<Vec<_>>();
    format!("S-1-12-1-{}", numbers.join("-"))
}

/// Published pairs: the .NET byte order, and object id and SID.
#[test]
fn known_conversions() {
    let (guid, _) = parse("73d664e4-0886-4a73-b745-c694da45ddb4").unwrap();
    assert_eq!(entra_sid(guid), "S-1-12-1-1943430372-1249052806-2496021943-3034400218");
    let (guid, spelling) = parse("ZvVa5TbM7kmIyPUTVPvtww==").unwrap();
    assert_eq!((dashed(guid).as_str(), spelling), ("e55af566-cc36-49ee-88c8-f51354fbedc3", Spelling::Base64));
}

#[test]
fn a_role_assignment_id_hides_its_principal_and_keeps_its_role() {
    let image = sealed(Kind::ConfigId, "lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1");
    assert!(image.starts_with("lAPpYvVpN0KRkAEhdxRe") && image.ends_with("-1") && image.len() == 45);
    assert_ne!(image, "lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1");
    assert_eq!(opened(Kind::ConfigId, &image), "lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1");
}

#[test]
fn ids_within_texts_are_mapped_where_they_stand() {
    let image = sealed(Kind::UserId, GUID);
    assert_eq!(sealed(Kind::RequestId, &format!("Directory_{GUID}_AB12_77")), format!("Directory_{image}_AB12_77"));
    assert_eq!(sealed(Kind::UserId, &format!("User_{GUID}")), format!("User_{image}"));
    let plain = |text: &str| text.replace('-', "");
    assert_eq!(
        sealed(Kind::ConfigId, &format!("gsuite.{}.{GUID}", plain(GUID))),
        format!("gsuite.{}.{image}", plain(&image))
    );
}

#[test]
fn well_known_ids_stay() {
    for sid in [
        "S-1-1-0",
        "S-1-5-18",
        "S-1-5-32-544",
        "S-1-16-12288",
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    ] {
        assert_eq!(sealed(Kind::Sid, sid), sid);
    }
    let domain = "S-1-5-21-3623811015-3361044348-30300820";
    assert_eq!(sealed(Kind::Sid, &format!("{domain}-512")), format!("{}-512", sealed(Kind::Sid, domain)));
    assert!(sealed(Kind::Sid, &format!("{domain}-1013")).starts_with(&format!("{}-", sealed(Kind::Sid, domain))));
    for id in ["00000000-0000-0000-0000-000000000000", "00000003-0000-0000-c000-000000000000"] {
        assert_eq!(sealed(Kind::PrincipalId, id), id);
    }
}

#[test]
fn bytes_of_a_sid_follow_its_text() {
    let text = sealed(Kind::Sid, "S-1-5-21-3623811015-3361044348-30300820-1013");
    let base64 = sealed(Kind::Sid, "AQUAAAAAAAUVAAAAx/f+13xrVcgUWs4B9QMAAA==");
    assert_eq!(opened(Kind::Sid, &base64), "AQUAAAAAAAUVAAAAx/f+13xrVcgUWs4B9QMAAA==");
    let hex = sealed(Kind::Sid, "010500000000000515000000C7F7FED77C6B55C8145ACE01F5030000");
    let rid = text.rsplit('-').next().unwrap().parse::<u32>().unwrap();
    let tail: String = rid.to_le_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(hex.ends_with(&tail) && hex.starts_with("010500000000000515000000"));
}

#[test]
fn puids_keep_their_spelling() {
    let image = sealed(Kind::Puid, "10032001ABCDEF12");
    assert!(image.len() == 16 && image.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
    assert_eq!(opened(Kind::Puid, &image), "10032001ABCDEF12");
    let claim = sealed(Kind::UserId, "i:0h.f|membership|10032001abcdef12@live.com");
    assert_eq!(claim, format!("i:0h.f|membership|{}@live.com", image.to_lowercase()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn spellings_of_one_guid_become_spellings_of_one_guid(guid in any::<u128>(), v4 in any::<bool>()) {
        let guid = if v4 { (guid & !(15 << 76) & !(3 << 62)) | (4 << 76) | (2 << 62) } else { guid };
        let images: HashSet<u128> =
            spellings(guid).iter().map(|text| parse(&sealed(Kind::PrincipalId, text)).map(|(guid, _)| guid).unwrap()).collect();
        prop_assert_eq!(images.len(), 1);
        let image = *images.iter().next().unwrap();
        prop_assert_eq!(sealed(Kind::Sid, &entra_sid(guid)), entra_sid(image));
        for text in spellings(guid) {
            let there = sealed(Kind::PrincipalId, &text);
            // A spelling in upper case without a letter cannot be told from lower case.
            prop_assert!(opened(Kind::PrincipalId, &there).eq_ignore_ascii_case(&text) || text.ends_with("=="));
            prop_assert_eq!(there.len(), text.len());
        }
    }

    #[test]
    fn sids_come_back(subs in prop::collection::vec(any::<u32>(), 1..8), authority in prop::sample::select(vec![1_u64, 5, 11, 12, 18, 99]), first in prop::sample::select(vec![1_u32, 21, 32, 83, 96, 4096])) {
        let tail: Vec<String> = subs.iter().map(u32::to_string).collect();
        let sid = format!("S-1-{authority}-{first}-{}", tail.join("-"));
        prop_assert_eq!(opened(Kind::Sid, &sealed(Kind::Sid, &sid)), sid);
    }
}
