//! One shape, whatever the place: a record of a category comes out as the service's own `properties`.
//!
//! Takes what a place has (an envelope of Azure Monitor, a row of Log Analytics), gives the record as Graph would send
//! it: same names, objects as objects, numbers and integer enums as written. What the envelope says and `properties` does
//! not say with the same value stands in one added member at the end, `@bundle.envelope`, under the envelope's own names.
//! Nothing is dropped but `__UDI_RequiredFields_*` (the exporter's own bookkeeping) and, of a row, columns without value.

pub(crate) mod envelope;
pub(crate) mod row;

use bytes::Bytes;
use time::OffsetDateTime;

use super::run::Item;
use super::seen::Mark;
use crate::catalog::Route;

/// The member that holds what the envelope says besides.
pub(crate) const ENVELOPE: &str = "@bundle.envelope";

/// A record in its dataset's shape.
pub(crate) struct Shaped {
    /// The row of its category; `None`: a category that no dataset is made of.
    pub route: Option<&'static Route>,
    /// The record.
    pub record: Bytes,
    /// Its id, marked as [`super::seen::mark`] marks the JSON of the id property (of several: their JSON, one behind the
    /// other), so that the same record from Graph has the same mark.
    pub id: Option<Mark>,
    /// When it happened.
    pub at: Option<(OffsetDateTime, String)>,
}

impl Shaped {
    /// What a run takes.
    pub(crate) fn into_item(self) -> Item {
        Item { record: self.record, id: self.id, at: self.at }
    }
}
