//! Invented people's names, by script, each with the ASCII form that account names are made of.
//!
//! Takes an ordinal, gives (given, family, number): distinct for distinct ordinals, deterministic by seed. The lists
//! hold what breaks naive redaction on purpose: common words, months, jobs, cities, particles, apostrophes, hyphens,
//! letters outside ASCII and names that are both given and family names. `_` stands for a blank.

use std::sync::LazyLock;

use super::id::mix;

/// A name and its ASCII form.
#[derive(Debug)]
pub(super) struct Name {
    /// As its bearer writes it.
    pub(super) text: String,
    /// Lower-case ASCII for account names.
    pub(super) ascii: String,
}

/// Names that go together.
#[derive(Debug)]
pub(super) struct Pool {
    given: Vec<Name>,
    family: Vec<Name>,
}

/// A full name; `number` is 1 for the first bearer.
#[derive(Debug, Clone, Copy)]
pub(super) struct FullName {
    pub(super) given: &'static Name,
    pub(super) family: &'static Name,
    pub(super) number: u64,
}

/// Every `STRIDE` users, three have a name in another script.
const STRIDE: u64 = 24;

static POOLS: LazyLock<[Pool; 4]> = LazyLock::new(|| {
    let scripts = include_str!("scripts.txt");
    let pool = |script: &str| Pool {
        given: list(line(scripts, &format!("{script}-given "))),
        family: list(line(scripts, &format!("{script}-family "))),
    };
    let latin = Pool { given: list(include_str!("given.txt")), family: list(include_str!("family.txt")) };
    [latin, pool("greek"), pool("japanese"), pool("arabic")]
});

fn line(text: &'static str, start: &str) -> &'static str {
    text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default()
}

fn list(text: &str) -> Vec<Name> {
    let names = text.split_whitespace().map(|entry| {
        let (text, ascii) = entry.split_once('=').unwrap_or((entry, entry));
        Name { text: text.replace('_', " "), ascii: ascii.to_ascii_lowercase() }
    });
    names.collect()
}

/// The name of the person with this index.
pub(super) fn full_name(seed: u64, index: u64) -> FullName {
    let (pool, ordinal) = match index % STRIDE {
        7 => (&POOLS[1], index / STRIDE),
        13 => (&POOLS[2], index / STRIDE),
        19 => (&POOLS[3], index / STRIDE),
        _ => (&POOLS[0], index),
    };
    let (given, family) = (pool.given.len() as u64, pool.family.len() as u64);
    // A prime step visits every pair once before any pair comes again.
    let pair = (ordinal * 48_271 + mix(seed, 0) % (given * family)) % (given * family);
    FullName {
        given: &pool.given[(pair / family) as usize],
        family: &pool.family[(pair % family) as usize],
        number: ordinal / (given * family) + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ascii_forms_are_ascii_and_distinct() {
        for part in [|pool: &'static Pool| &pool.given, |pool: &'static Pool| &pool.family] {
            let forms: Vec<_> = POOLS.iter().flat_map(part).map(|name| name.ascii.as_str()).collect();
            assert!(forms.iter().all(|form| form.is_ascii() && !form.is_empty()), "every form is ASCII");
            assert_eq!(forms.iter().collect::<HashSet<_>>().len(), forms.len(), "no form stands twice");
        }
    }

    #[test]
    fn pairs_come_once_before_they_come_again() {
        for pool in POOLS.iter() {
            assert_ne!((pool.given.len() * pool.family.len()) % 48_271, 0);
        }
        let size = (POOLS[0].given.len() * POOLS[0].family.len()) as u64;
        assert!(size > 50_000, "{size} pairs are too few");
    }
}
