//! Names of files inside the bundle: relative, `/` between the parts, nothing that climbs out of a folder.
//!
//! Takes paths and the names that archives give their members (which may be hostile: "zip slip"), gives safe names. It
//! does not make them unique and does not pseudonymise them.

use std::path::{Component, Path};

use crate::limits::NAME_PART_CHARS_MAX;

/// The safe parts of a name, joined by `/`; empty when nothing is left.
pub(super) fn safe(name: &str) -> String {
    let parts = name.split(['/', '\\']).filter_map(safe_part);
    parts.collect::<Vec<_>>().join("/")
}

fn safe_part(part: &str) -> Option<String> {
    let part: String = part.chars().map(|c| if c.is_control() { '_' } else { c }).take(NAME_PART_CHARS_MAX).collect();
    let drive = part.len() == 2 && part.ends_with(':') && part.starts_with(|c: char| c.is_ascii_alphabetic());
    let part = part.replace(':', "_");
    (!drive && !matches!(part.trim(), "" | "." | "..")).then_some(part)
}

/// The name of a member of an archive, below the archive's name.
pub(super) fn member(archive: &str, name: Option<&str>, number: usize) -> String {
    let name = name.map(safe).filter(|name| !name.is_empty()).unwrap_or_else(|| format!("member-{number}"));
    format!("{archive}/{name}")
}

/// A path as a name. Parts that climb or name a root are left out; what is no Unicode is replaced.
pub(super) fn of_path(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => safe_part(&part.to_string_lossy().replace(['/', '\\'], "_")),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The name without the ending that packing gave it.
pub(super) fn without_gzip(name: &str) -> String {
    let ends = |ending: &str| {
        let at = name.len().checked_sub(ending.len())?;
        (name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(ending) && !name[..at].ends_with('/') && at > 0)
            .then(|| &name[..at])
    };
    if let Some(stem) = ends(".tgz") {
        return format!("{stem}.tar");
    }
    ends(".gz").or_else(|| ends(".gzip")).unwrap_or(name).to_owned()
}

/// Whether a name has one of these endings (lower case, without the dot).
pub(super) fn has_ending(name: &str, endings: &[&str]) -> bool {
    let ending = name.rsplit('/').next().unwrap_or_default().rsplit_once('.').map_or("", |(_, ending)| ending);
    endings.iter().any(|one| ending.eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_inside() {
        for (name, safe_name) in [
            ("../../etc/passwd", "etc/passwd"),
            ("/etc//shadow", "etc/shadow"),
            ("C:\\Windows\\x.log", "Windows/x.log"),
            ("a/./b/../c", "a/b/c"),
            ("..", ""),
            ("a\0b\n/c", "a_b_/c"),
            ("x:stream", "x_stream"),
        ] {
            assert_eq!(safe(name), safe_name, "{name:?}");
        }
        assert_eq!(member("a.zip", Some("../.."), 7), "a.zip/member-7");
        assert_eq!(member("a.zip", Some("b/c"), 7), "a.zip/b/c");
        assert_eq!(of_path(Path::new("./a/../b")), "a/b");
        assert_eq!(safe(&"x".repeat(999)).len(), NAME_PART_CHARS_MAX);
    }

    #[test]
    fn endings() {
        assert_eq!(without_gzip("a/x.log.gz"), "a/x.log");
        assert_eq!(without_gzip("a/x.TGZ"), "a/x.tar");
        assert_eq!(without_gzip("a/.gz"), "a/.gz");
        assert_eq!(without_gzip("ä.gz"), "ä");
        assert!(has_ending("a.b/x.JSONL", &["jsonl"]));
        assert!(!has_ending("a.jsonl/x", &["jsonl"]));
    }
}
