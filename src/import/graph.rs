//! A record in its service's own shape: its id, its time, and where it goes.
//!
//! Takes the bytes of an object and its dataset, gives what a run takes. Only names that PowerShell has changed are
//! changed back; everything else stays byte for byte.

use bytes::Bytes;
use time::OffsetDateTime;

use super::{instant, lookup, rename};
use crate::catalog::Dataset;
use crate::source::{Item, field, mark};

/// A record of a dataset: id and time as [`Item`] has them.
pub(super) fn item(dataset: &Dataset, record: Bytes) -> Item {
    let time = dataset.time.as_ref().map_or("", |time| time.property.as_str());
    let names = [dataset.id_property.as_str(), time];
    let mut record = record;
    let mut found = field::find(&record, names);
    if found[0].is_none()
        && !names[0].is_empty()
        && lookup::member_of_any_case(&record, names[0]).is_some()
        && let Some(renamed) = rename::to_graph(&record)
    {
        record = Bytes::from(renamed);
        found = field::find(&record, names);
    }
    let [id, time] = found;
    let has_ids = !dataset.id_property.is_empty();
    let id = id.filter(|span| has_ids && field::text(&record, span).is_some_and(|text| !text.is_empty()));
    let id = id.map(|span| mark(&record[span]));
    let at = time.and_then(|span| when(&record, &span));
    Item { record, id, at }
}

/// The instant of a value, and its text as RFC 3339.
pub(super) fn when(record: &[u8], span: &crate::json::Span) -> Option<(OffsetDateTime, String)> {
    let text = field::text(record, span)?;
    match field::instant(&text) {
        Some(at) => Some((at, text.into_owned())),
        None => instant::read(&text).and_then(|at| Some((at, instant::write(at)?))),
    }
}
