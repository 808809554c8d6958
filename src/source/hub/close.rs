//! What the reading of all partitions proves about one dataset.
//!
//! Whole only if every partition was read to its end and none has deleted what may have belonged to the window: then
//! all slices close. If some was deleted, the slices after it close.

use time::OffsetDateTime;

use super::super::query::stamp;
use super::super::{End, Run, Stop};
use super::partition::Lap;
use super::told;
use crate::record::Outcome;

const KEEPS: &str = "take the earlier hours from a workspace or a storage account if they were routed there too; the hub's retention can be lengthened, but not for what is gone";

/// Closes what is whole, and says how it ended. `seen`: records of the dataset's category, whatever their time.
pub(super) async fn end(run: &Run<'_>, laps: &[Lap], seen: u64) -> End {
    let stops: Vec<&Stop> = laps.iter().filter_map(|lap| lap.stop.as_ref()).collect();
    if let Some(&first) = stops.first() {
        let (missing, of, first) = (stops.len(), laps.len(), first.clone());
        return if missing == of {
            End::Stopped(first)
        } else {
            End::Missing { missing, of, what: "partitions of the event hub", first }
        };
    }
    if seen == 0 {
        return End::Stopped(Stop::NotRouted("event hub"));
    }
    match floor(run, laps) {
        Some(floor) if floor > run.hours().since => close_from(run, floor).await,
        _ => {
            run.close_all().await;
            End::Closed
        }
    }
}

/// From when on nothing can be missing.
fn floor(run: &Run<'_>, laps: &[Lap]) -> Option<OffsetDateTime> {
    let oldest = laps.iter().filter_map(|lap| lap.floor).max();
    // A partition that has deleted everything kept it as long as the others keep theirs.
    let is_emptied = laps.iter().any(|lap| lap.is_emptied);
    oldest.or_else(|| is_emptied.then(|| run.hours().until))
}

async fn close_from(run: &Run<'_>, floor: OffsetDateTime) -> End {
    run.state().floor = Some(floor);
    let open = run.open_slices();
    let mut missing = 0;
    for &slice in &open {
        let window = run.plan.window(&(slice..slice + 1));
        if window.since < floor || window.until > run.hours().until {
            missing += 1;
        } else {
            run.close(slice).await;
        }
    }
    if missing == 0 {
        return End::Closed;
    }
    let reason = format!("the event hub deletes old messages and has none from before {}", stamp(floor));
    End::Missing { missing, of: open.len(), what: "time slices", first: told(Outcome::Partial, reason, KEEPS) }
}
