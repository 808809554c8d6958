//! The servers' files agree with the cloud side, differ by health alone, and are the same for the same seed.

use std::collections::BTreeMap;

use time::macros::datetime;

use super::*;

fn settings() -> TenantSettings {
    TenantSettings { seed: 7, ..TenantSettings::demo(datetime!(2026-09-15 12:00 UTC)) }
}

fn folder(health: Health) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    server_folder::<()>(&settings(), health, &mut |file| {
        assert!(!file.bytes.is_empty(), "{}", file.name);
        assert!(files.insert(file.name.clone(), file.bytes).is_none(), "{} comes twice", file.name);
        Ok(())
    })
    .unwrap();
    files
}

/// A file as text, whatever its encoding.
fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).unwrap()
        }
        _ => String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

#[test]
fn the_same_seed_gives_the_same_files_and_health_changes_them() {
    let (planted, sound) = (folder(Health::Planted), folder(Health::Sound));
    assert_eq!(planted, folder(Health::Planted));
    assert_eq!(planted.keys().collect::<Vec<_>>(), sound.keys().collect::<Vec<_>>());
    let changed = planted.iter().filter(|(name, bytes)| sound[*name] != **bytes).count();
    assert!(changed >= 14, "only {changed} files tell a story");
}

#[test]
fn people_are_the_same_on_both_sides() {
    let TenantSettings { seed, users, now, .. } = settings();
    let world = World::new(Settings { seed, users, now });
    let files = folder(Health::Planted);
    let unfolded = text(&files["ActiveDirectory/users.ldf"]).replace("\r\n ", "");
    let events = text(&files["EventLogs/Application.xml"]);
    let space = text(&files["csexport-ad.alderwood.local.xml"]);
    for user in (0..world.user_count()).map(|index| world.user(index)).filter(|user| user.is_synced) {
        let (anchor, sam) = (user.immutable_id.unwrap(), user.sam.unwrap());
        let is_there = user.index != stories::CLOUD_ONLY;
        assert_eq!(unfolded.contains(&format!("sAMAccountName: {sam}\r\n")), is_there, "user {}", user.index);
        assert_eq!(unfolded.contains(&format!(":: {anchor}\r\n")), is_there, "user {}", user.index);
        assert_eq!(space.contains(&anchor), is_there, "user {}", user.index);
        assert!(user.index > 50 || user.index < 4 || events.contains(&anchor) == is_there, "user {}", user.index);
    }
}

#[test]
fn every_secret_lies_somewhere() {
    let files = folder(Health::Sound);
    for secret in SECRETS {
        let held = files.values().filter(|bytes| {
            let text = String::from_utf8_lossy(bytes).replace("\r\n ", "");
            text.contains(secret)
        });
        assert!(held.count() > 0, "no file holds it");
    }
}

#[test]
fn documents_are_well_formed() {
    for (name, bytes) in folder(Health::Planted) {
        let is_lines = name.ends_with(".jsonl") || name.starts_with("Get-");
        if is_lines {
            for line in text(&bytes).lines() {
                assert!(serde_json::from_str::<serde_json::Value>(line).is_ok_and(|row| row.is_object()), "{name}");
            }
        } else if name.to_lowercase().ends_with(".json") {
            assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(), "{name}");
        } else if name.ends_with(".xml") {
            let mut reader = quick_xml::Reader::from_str(Box::leak(text(&bytes).into_boxed_str()));
            let mut depth = 0_i32;
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(quick_xml::events::Event::Start(_)) => depth += 1,
                    Ok(quick_xml::events::Event::End(_)) => depth -= 1,
                    Ok(_) => {}
                    Err(error) => panic!("{name}: {error}"),
                }
            }
            assert_eq!(depth, 0, "{name}");
        }
    }
}

#[test]
fn every_item_of_the_catalogue_that_has_files_has_one_here() {
    use crate::catalog::host::{Origin, denied_items, items};
    let files = folder(Health::Planted);
    for item in items().iter().filter(|item| !matches!(item.from, Origin::Ldap { .. })) {
        assert!(files.keys().any(|name| item.fits_name(name).is_some()), "{}", item.id);
    }
    let denied = files.iter().filter(|(name, bytes)| {
        let head: String = String::from_utf8_lossy(bytes).chars().take(600).collect();
        denied_items().iter().any(|row| row.fits_name(name) || row.fits_marks(&head))
    });
    let denied: Vec<&str> = denied.map(|(name, _)| name.as_str()).collect();
    let planted = [
        "ActiveDirectory/local-administrators.ldf",
        "AzureVMAccessToken.txt",
        "Certificates/sts.alderwood.example.key",
        "MEMORY.DMP",
        "Registry/SECURITY.hiv",
    ];
    assert_eq!(denied, planted);
}
