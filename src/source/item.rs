//! Records on their way to the sink: what is known of one, where those of a list belong, what became of them.

use bytes::Bytes;
use time::OffsetDateTime;

use super::Window;
use super::seen::Mark;
use crate::record::Key;

/// A record and what is known about it besides its bytes.
pub(crate) struct Item {
    /// The record, as it goes on.
    pub record: Bytes,
    /// What identifies it; `None`: its content.
    pub id: Option<Mark>,
    /// When it happened, and as the service wrote it; `None`: it belongs to the scope's own slice.
    pub at: Option<(OffsetDateTime, String)>,
}

/// Where a list's records belong.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// Records outside are another list's; `None`: all are taken.
    pub window: Option<Window>,
    /// The slice of records that have no time, or whose time does not matter.
    pub slice: u32,
    /// Whether a record's time decides its slice.
    pub by_time: bool,
    /// The object they belong to.
    pub key: Option<&'a Key>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Handed to the sink.
    Delivered,
    /// The same record came before, from here or from another place.
    Duplicate,
    /// Outside of the hours that were asked for.
    Outside,
    /// Of a slice that another place or an earlier run has given whole.
    Covered,
}
