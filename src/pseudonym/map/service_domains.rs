//! Domains of public services: what of them stays readable.
//!
//! Reads `service-domains.txt` (one `keep|exact|under|public NAME` a line) once and answers for a name how many of its last
//! labels stay. `keep`: the name and every name below it; `exact`: this name only; `under`: the name, while the labels
//! in front of it name a customer; `public`: as `keep`, but what stands behind the name in an address is anybody's.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: LazyLock<HashMap<&'static str, Rule>> = LazyLock::new(|| rows().collect());

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Keep,
    Exact,
    Under,
    Public,
}

fn rows() -> impl Iterator<Item = (&'static str, Rule)> {
    include_str!("service-domains.txt").lines().filter_map(|line| {
        let (rule, name) = line.split_once(' ')?;
        let rule = match rule {
            "keep" => Rule::Keep,
            "exact" => Rule::Exact,
            "under" => Rule::Under,
            "public" => Rule::Public,
            _ => return None,
        };
        Some((name.trim(), rule))
    })
}

/// How many of the last labels of `name` (lower case) stay because they belong to a public service.
pub(super) fn kept_labels(name: &str) -> usize {
    let labels = name.split('.').count();
    let mut rest = name;
    for at in 0..labels {
        match TABLE.get(rest) {
            Some(Rule::Keep | Rule::Public) => return labels,
            Some(Rule::Exact) if at == 0 => return labels,
            Some(Rule::Under) => return labels - at,
            _ => {}
        }
        rest = rest.split_once('.').map_or("", |(_, parent)| parent);
    }
    0
}

/// Whether the name, or one that it lies under, belongs to Microsoft: its paths and parameters are the service's words.
pub(super) fn is_microsoft(name: &str) -> bool {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, parent)| parent))
        .any(|name| matches!(TABLE.get(name), Some(Rule::Keep | Rule::Exact)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_unique_and_whole() {
        let lines: Vec<&str> =
            include_str!("service-domains.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
        assert_eq!(rows().count(), lines.len(), "every line is a rule");
        let mut sorted = lines.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, lines);
        assert_eq!(TABLE.len(), lines.len(), "a name has one rule");
        assert!(rows().all(|(name, _)| name.contains('.') && name == name.to_lowercase()));
    }
}
