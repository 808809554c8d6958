//! Public GUIDs (`well-known.txt`): Microsoft's own apps, Graph permissions, built-in roles, licence plans.
//!
//! They identify nobody, so the gate keeps them readable. One line each, sorted: the GUID, a blank, its name.
//! Source: merill/microsoft-info (2026-08-20), see NOTICE.

const TEXT: &str = include_str!("well-known.txt");

/// All entries, sorted by GUID, or the number of the first line that is malformed or out of order.
pub(super) fn read() -> Result<Vec<(u128, &'static str)>, usize> {
    let mut entries: Vec<(u128, &'static str)> = Vec::with_capacity(TEXT.len() / 64);
    for (number, line) in TEXT.lines().enumerate() {
        let (guid, name) =
            line.split_once(' ').and_then(|(guid, name)| Some((parse(guid)?, name))).ok_or(number + 1)?;
        if entries.last().is_some_and(|last| last.0 >= guid) || name.trim().is_empty() {
            return Err(number + 1);
        }
        entries.push((guid, name));
    }
    Ok(entries)
}

/// The number that a GUID in its usual form writes.
pub(super) fn parse(guid: &str) -> Option<u128> {
    let dashes = [8, 13, 18, 23];
    if guid.len() != 36 || !guid.bytes().enumerate().all(|(at, byte)| (byte == b'-') == dashes.contains(&at)) {
        return None;
    }
    guid.bytes()
        .filter(|&byte| byte != b'-')
        .try_fold(0u128, |value, byte| Some((value << 4) | u128::from(char::from(byte).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::catalog::Catalog;

    #[test]
    fn guids_are_read() {
        assert_eq!(parse("00000003-0000-0000-c000-000000000000"), Some(0x0000_0003_0000_0000_c000_0000_0000_0000));
        for bad in ["", "00000003", "00000003-0000-0000-c000-00000000000g", "0000000300000000c000000000000000----"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn public_ids_have_names() {
        let catalog = Catalog::embedded().unwrap();
        for (guid, name) in [
            ("00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
            ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
            ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"),
            ("d29b2b05-8046-44ba-8758-1e26182fcf32", "Directory Synchronization Accounts"),
            ("df021288-bdef-4463-88db-98f22de89214", "User.Read.All"),
        ] {
            assert_eq!(parse(guid).and_then(|id| catalog.well_known(id)), Some(name), "{guid}");
        }
        assert_eq!(catalog.well_known(0), None);
        assert_eq!(catalog.well_known(u128::MAX), None);
        assert!(catalog.well_known_count() > 4000);
    }
}
