//! What a status means for the request that got it: the rows of `recovery.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// What to do about a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Recovery {
    /// Again after a pause.
    Retry,
    /// Again after a pause of the whole class.
    BackOff,
    /// Once more with a new token.
    ReAuthenticate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    status: Vec<u16>,
    action: Recovery,
    #[serde(default)]
    slow: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rule: Vec<Row>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("recovery.toml")).map(|table| table.rule).unwrap_or_default()
});

fn row(status: u16) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.status.contains(&status))
}

/// What to do about the status of a reply or of a `$batch` item; `None`: it stands.
pub(crate) fn recovery(status: u16) -> Option<Recovery> {
    row(status).map(|row| row.action)
}

/// Whether a smaller question may help.
pub(super) fn is_slow(status: u16) -> bool {
    row(status).is_some_and(|row| row.slow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_knows_the_documented_statuses() {
        for (status, expected, slow) in [
            (408, Some(Recovery::Retry), true),
            (424, Some(Recovery::Retry), false),
            (429, Some(Recovery::BackOff), false),
            (500, Some(Recovery::Retry), false),
            (502, Some(Recovery::Retry), false),
            (503, Some(Recovery::Retry), false),
            (504, Some(Recovery::Retry), true),
            (509, Some(Recovery::BackOff), false),
            (401, Some(Recovery::ReAuthenticate), false),
            (400, None, false),
            (403, None, false),
            (404, None, false),
            (501, None, false),
        ] {
            assert_eq!((recovery(status), is_slow(status)), (expected, slow), "{status}");
        }
    }
}
