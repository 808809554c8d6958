//! A way in for the fuzz target `rows`: any text as a file of rows.
//!
//! Takes text, gives the problems that `catalog check` would name. Compiled with the feature `fuzz-doors` only; no
//! shipped code comes here.

use super::{Catalog, Check, Tables, check, glob};

/// Reads a text as rows and checks them; `None`: it holds none.
pub fn read(text: &str) -> Option<Check> {
    toml::from_str::<Tables>(text).ok()?;
    Catalog::parse(&[("rows.toml", text)]).ok().map(|catalog| check(&catalog))
}

/// Whether a text fits a pattern.
pub fn fits(pattern: &str, text: &str) -> bool {
    glob::fits(pattern, text)
}
