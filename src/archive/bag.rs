//! The tag files of a bag (RFC 8493), written and read.
//!
//! Takes sums, gives `bagit.txt`, `bag-info.txt`, `README.txt` and the two manifests in the syntax that
//! `sha256sum -c --strict` and `bagit.py --validate` both read: two blanks, LF, no escapes (the path rules leave
//! nothing to escape). The digest of the tag manifest identifies the bundle; signatures stand beside it, unlisted.

use super::{Bundle, CleanDocument, Error, Hex};
use crate::spool::SealedEntry;
use sha2::{Digest, Sha256};

/// The whole content of `bagit.txt`.
pub const BAGIT_TXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// The payload manifest's name.
pub const SUMS: &str = "manifest-sha256.txt";
/// The tag manifest's name.
pub const TAG_SUMS: &str = "tagmanifest-sha256.txt";
/// The signature's name (SSHSIG over the tag manifest).
pub const SIGNATURE: &str = "tagmanifest-sha256.txt.sig";

const README: &str = include_str!("../../templates/bundle-README.txt");

/// Every tag file in no particular order, and the digest of the tag manifest.
pub(super) fn tags(entries: &[SealedEntry], bundle: &Bundle<'_>) -> Result<(Vec<CleanDocument>, Hex), Error> {
    if entries.is_empty() {
        return Err(Error::Empty);
    }
    let own = |name, text: String| CleanDocument::assembled(name, text.into_bytes());
    let sums: String =
        entries.iter().map(|entry| line(&Hex::from_sum(entry.sha256()), entry.path().as_str())).collect();
    let mut tags = vec![
        own("bagit.txt", BAGIT_TXT.to_owned()),
        own("bag-info.txt", bag_info(entries, bundle)?),
        own(SUMS, sums),
        own("README.txt", README.replace("{folder}", bundle.folder.as_str())),
    ];
    tags.extend(bundle.documents.iter().map(|made| CleanDocument::assembled(made.name(), made.bytes().to_vec())));
    tags.sort_by_key(CleanDocument::name);
    let tag_sums: String =
        tags.iter().map(|tag| line(&Hex::from_sum(Sha256::digest(tag.bytes())), tag.name())).collect();
    let root = Hex::from_sum(Sha256::digest(tag_sums.as_bytes()));
    if let Some(signer) = bundle.signer {
        tags.push(own(SIGNATURE, signer.sign(tag_sums.as_bytes()).map_err(Error::Sign)?));
    }
    tags.push(own(TAG_SUMS, tag_sums));
    Ok((tags, root))
}

fn line(sum: &Hex, path: &str) -> String {
    format!("{}  {path}\n", sum.as_str())
}

/// RFC 8493 §2.2.2. The organisation is left out: it would name the customer.
fn bag_info(entries: &[SealedEntry], bundle: &Bundle<'_>) -> Result<String, Error> {
    use std::fmt::Write;
    let bytes: u64 = entries.iter().map(SealedEntry::bytes).sum();
    let mut info = format!(
        "Bag-Software-Agent: entra-bundle {}\nBagging-Date: {}\n",
        env!("CARGO_PKG_VERSION"),
        bundle.instant.to_offset(time::UtcOffset::UTC).date()
    );
    if let Some(case) = bundle.case {
        if case.as_str().chars().any(char::is_control) {
            return Err(Error::Case);
        }
        let _ = writeln!(info, "External-Identifier: {}", case.as_str());
    }
    let _ = writeln!(info, "Payload-Oxum: {bytes}.{}", entries.len());
    if let Some(key_id) = &bundle.key_id {
        let _ = writeln!(info, "Pseudonym-Key-Id: {}", key_id.as_str());
    }
    Ok(info)
}

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// SHA-256 of the file.
    pub sha256: Hex,
    /// The file, below the top folder.
    pub path: String,
}

/// Reads a manifest, strictly as it is written: `<hex>  <path>` and LF on every line.
///
/// # Errors
/// The number of the first line that is something else, from 1.
pub fn parse_sums(bytes: &[u8]) -> Result<Vec<Sum>, usize> {
    let mut sums = Vec::new();
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let sum = line.strip_suffix(b"\n").and_then(|line| {
            let (hex, path) = line.split_at_checked(64)?;
            let path = std::str::from_utf8(path.strip_prefix(b"  ")?).ok()?;
            crate::spool::check_path(path).ok()?;
            let sha256 = Hex::try_from(String::from_utf8(hex.to_vec()).ok()?).ok()?;
            Some(Sum { sha256, path: path.to_owned() })
        });
        sums.push(sum.ok_or(at + 1)?);
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_names_the_bad_line() {
        let sum = Hex::from_sum([7; 32]);
        let text = line(&sum, "data/a") + &line(&sum, "data/b-c/d.jsonl");
        let sums = parse_sums(text.as_bytes()).unwrap();
        assert_eq!(sums.iter().map(|sum| sum.path.as_str()).collect::<Vec<_>>(), ["data/a", "data/b-c/d.jsonl"]);
        let good = line(&sum, "data/a");
        for bad in [
            "\n",
            "x  data/a\n",
            &good[..40],
            good.trim_end(),
            &good.replace("  ", " *"),
            &good.replace("data", "../data"),
        ] {
            assert_eq!(parse_sums(format!("{good}{bad}").as_bytes()), Err(2), "{bad}");
        }
        assert_eq!(parse_sums(b""), Ok(Vec::new()));
    }
}
