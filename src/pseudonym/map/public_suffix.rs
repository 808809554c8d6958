//! How much of a domain name is public: the part under which anybody can have a name.
//!
//! Takes a lower-case name and gives the number of its last labels that stay readable: the ICANN suffix (`com`,
//! `co.uk`), or one non-routable label (`local`, `corp`), which is a diagnosis in itself. An unknown last label counts as
//! part of the name. Source: <https://publicsuffix.org/list/>, through the `psl` crate.

use psl::{List, Psl, Type};

/// Last labels that are not delegated and name nobody.
const NON_ROUTABLE: [&str; 17] = [
    "arpa",
    "corp",
    "domain",
    "example",
    "home",
    "internal",
    "intra",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "office",
    "onion",
    "private",
    "test",
];

/// The number of labels at the end of `name` (lower case, no final dot) that are public.
pub(super) fn public_labels(name: &str) -> usize {
    let last = name.rsplit('.').next().unwrap_or(name);
    if NON_ROUTABLE.contains(&last) {
        return 1;
    }
    let Some(suffix) = icann_suffix(name) else { return 0 };
    let labels = suffix.split('.').count();
    // Under a wildcard rule (`*.ck`) any label is a suffix: then the first one is a name like another. A label that
    // cannot be listed by name tells the two apart.
    let Some((_, rest)) = suffix.split_once('.') else { return 1 };
    let probe = format!("pxprobe.{rest}");
    let wildcard = icann_suffix(&probe).is_some_and(|suffix| suffix.split('.').count() == labels);
    if wildcard { labels - 1 } else { labels }
}

/// Whether a name (lower case, no final dot) lies under a suffix that is delegated: only such a domain can be verified in
/// a tenant. `example` counts as one: documentation and made-up tenants stand for real ones (RFC 2606).
pub(crate) fn is_routable(name: &str) -> bool {
    name.ends_with(".example") || name.contains('.') && icann_suffix(name).is_some()
}

/// The ICANN suffix of a name. Private entries of the list are registrable names: whoever runs them may be the customer.
fn icann_suffix(name: &str) -> Option<&str> {
    let mut name = name;
    loop {
        let suffix = List.suffix(name.as_bytes())?;
        if !suffix.is_known() {
            return None;
        }
        let text = std::str::from_utf8(suffix.as_bytes()).ok()?;
        if suffix.typ() == Some(Type::Icann) {
            return name.get(name.len() - text.len()..);
        }
        name = name.get(name.len() - text.len()..)?.split_once('.')?.1;
    }
}
