//! Key files: made, read, damaged, destroyed.

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_key_file_gives_the_key_back() {
    let folder = folder();
    let path = folder.path().join("deep/keys/a.key");
    let made = MasterKey::create(&path, OffsetDateTime::UNIX_EPOCH).unwrap();
    let read = MasterKey::load(&path).unwrap();
    assert!(made.0 == read.0 && made.id() == read.id());
    assert!(!readable_by_others(&path));
    assert!(matches!(MasterKey::create(&path, OffsetDateTime::UNIX_EPOCH), Err(KeyError::Exists(_))));
    assert!(MasterKey::load(&path).unwrap().0 == made.0, "the refusal left the file alone");
}

#[cfg(unix)]
#[test]
fn files_and_folders_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("keys/a.key");
    MasterKey::create(&path, OffsetDateTime::UNIX_EPOCH).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(readable_by_others(&path));
}

#[test]
fn a_typed_copy_is_read() {
    let folder = folder();
    let path = folder.path().join("a.key");
    let made = MasterKey::create(&path, OffsetDateTime::UNIX_EPOCH).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let typed: String = text
        .lines()
        .map(|line| match line {
            line if line.starts_with(FORMAT) || line.starts_with('#') => format!("{line}\r\n"),
            line => format!("  {}\r\n\r\n", line.to_uppercase().replace('0', "O").replace('1', "l").replace('-', " ")),
        })
        .collect();
    fs::write(&path, format!("\u{feff}{typed}")).unwrap();
    assert!(MasterKey::load(&path).unwrap().0 == made.0);
}

#[test]
fn other_files_and_damage_are_told_apart() {
    let folder = folder();
    let path = folder.path().join("a.key");
    assert!(matches!(MasterKey::load(&path), Err(KeyError::Missing(_))));
    for other in [&b""[..], b"PK\x03\x04", b"\xff\xfe", b"entra-bundle-key-v2\n"] {
        fs::write(&path, other).unwrap();
        assert!(matches!(MasterKey::load(&path), Err(KeyError::NotAKey(_))));
        assert!(matches!(destroy(&path), Err(KeyError::NotAKey(_))));
    }
    fs::remove_file(&path).unwrap();
    MasterKey::create(&path, OffsetDateTime::UNIX_EPOCH).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let start = whole.lines().take(3).map(|line| line.len() + 1).sum::<usize>();
    for at in (start..whole.len()).filter(|at| whole.as_bytes()[*at].is_ascii_alphanumeric()) {
        let mut bytes = whole.clone().into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(MasterKey::load(&path), Err(KeyError::Damaged(_))), "byte {at} changed");
    }
    fs::write(&path, &whole[..whole.len() - 4]).unwrap();
    assert!(matches!(MasterKey::load(&path), Err(KeyError::Damaged(_))), "cut off");
}

#[test]
fn a_destroyed_key_is_gone() {
    let folder = folder();
    let path = folder.path().join("a.key");
    MasterKey::create(&path, OffsetDateTime::UNIX_EPOCH).unwrap();
    // A second name shows what is left of the content.
    let other = folder.path().join("b");
    fs::hard_link(&path, &other).unwrap();
    let before = fs::read(&other).unwrap();
    destroy(&path).unwrap();
    let after = fs::read(&other).unwrap();
    assert!(!path.exists() && after.len() == before.len() && !after.starts_with(FORMAT.as_bytes()));
}

#[test]
fn subkeys_and_names_differ() {
    let key = MasterKey::from_bytes([5; 32]);
    assert!(*key.subkey::<32>("atom") != *key.subkey::<32>("guid-v4"));
    assert_eq!(key.id().len(), 16);
    assert_ne!(key.id(), MasterKey::from_bytes([6; 32]).id());
}

/// Computed once with Python's `hmac`: the name and the derivation may never change, or old bundles cannot be revealed.
#[test]
fn the_derivation_is_fixed() {
    let key = MasterKey::from_bytes(std::array::from_fn(|at| at as u8));
    assert_eq!(key.id(), "8adc89f941958303");
    let subkey: String = key.subkey::<32>("atom").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(subkey, "c7948c855c9181c57822b736a33f78ec23f467258237c9fb24421c8bba516a52");
}
