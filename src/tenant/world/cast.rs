//! The people who stand at the head of every tenant: administrators, the persons of the stories, hard cases.
//!
//! Rows of `cast.txt`: given, family, display name, UPN, mail, sAM account, class, site, department; `-` is none. The
//! number of the row is the index of the user.

use std::sync::LazyLock;

/// What kind of account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Comes from the on-premises directory.
    Synced,
    /// Was made in Entra.
    Cloud,
    /// Was invited.
    Guest,
}

/// One row.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) given: Option<&'static str>,
    pub(super) family: Option<&'static str>,
    pub(super) display: &'static str,
    pub(super) upn: &'static str,
    pub(super) mail: Option<&'static str>,
    pub(super) sam: Option<&'static str>,
    pub(super) origin: Origin,
    pub(super) site: usize,
    pub(super) department: usize,
}

/// The rows.
pub(super) static CAST: LazyLock<Vec<Part>> =
    LazyLock::new(|| include_str!("cast.txt").lines().filter_map(part).collect());

fn part(line: &'static str) -> Option<Part> {
    let mut cells = line.split('|').map(str::trim);
    let mut cell = || cells.next().filter(|text| *text != "-");
    Some(Part {
        given: cell(),
        family: cell(),
        display: cell()?,
        upn: cell()?,
        mail: cell(),
        sam: cell(),
        origin: match cell()? {
            "synced" => Origin::Synced,
            "guest" => Origin::Guest,
            _ => Origin::Cloud,
        },
        site: cell()?.parse().ok()?,
        department: cell()?.parse().ok()?,
    })
}

/// How many of the cast have this local part, apart from a number at its end: generated people are numbered after them.
pub(super) fn namesakes(local: &str) -> u64 {
    let bearers = CAST.iter().filter(|part| {
        let own = part.upn.split('@').next().unwrap_or_default();
        own.trim_end_matches(|c: char| c.is_ascii_digit()).eq_ignore_ascii_case(local)
    });
    bearers.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(CAST.len(), include_str!("cast.txt").lines().count());
        assert!(CAST.len() as u64 <= super::super::USERS_MIN);
    }

    #[test]
    fn namesakes_are_counted_without_case_and_number() {
        assert_eq!(namesakes("john.smith"), 2);
        assert_eq!(namesakes("nobody.known"), 0);
    }
}
