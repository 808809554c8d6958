//! What lies in the storage account: which events make up which hour's blob.
//!
//! An event arrives minutes after it happened, one in 40 some hours after; one in 33 arrives a second time. Its line is
//! padded with blanks to one length for the whole log, so that a range of bytes is a range of lines and nothing has to
//! be remembered: the length of a blob follows from the number of its events.

use std::ops::Range;

use super::super::super::instant::{SECOND, Ticks};
use super::super::super::logs::{Log, Logs};
use super::super::super::monitor::envelope::Envelope;
use super::super::super::world::mix;
use super::super::answer::Tenant;
use crate::catalog::{Route, routes};

pub(super) const HOUR: Ticks = 3_600 * SECOND;
/// How late an event arrives at most.
const LATE_MAX: Ticks = 5 * HOUR;
/// One event in so many arrives hours late.
const LATE: u64 = 40;
/// One event in so many is delivered twice: 3 %.
const TWICE: u64 = 33;

/// A log as a container.
pub(super) struct Container {
    pub log: Log,
    pub route: &'static Route,
    seed: u64,
    now: Ticks,
}

/// One line of a blob: a record, and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub index: u64,
    pub arrived: Ticks,
}

impl Container {
    /// The containers of what is routed here.
    pub(super) fn all(tenant: &Tenant) -> Vec<Self> {
        let settings = &tenant.settings;
        let now = super::super::super::instant::ticks(settings.now);
        let routed = |route: &&Route| settings.routing.storage.contains(&route.category.as_str());
        let log = |route: &'static Route| Log::ALL.into_iter().find(|log| log.dataset() == route.dataset);
        let all = routes().iter().filter(routed).filter_map(|route| Some((log(route)?, route)));
        all.map(|(log, route)| Self { log, route, seed: settings.seed, now }).collect()
    }

    /// Length of a line, its end included, bytes. The longest of each log are in the tests.
    pub(super) fn line_bytes(&self) -> usize {
        match self.log {
            Log::SignIns(_) | Log::Provisioning => 10 << 10,
            _ => 6 << 10,
        }
    }

    /// Hours (since 1970) in which events of the log can have arrived.
    pub(super) fn hours(&self, logs: &Logs) -> Range<i64> {
        let count = logs.count(self.log);
        if count == 0 {
            return 0..0;
        }
        let (oldest, newest) = (logs.at(self.log, count - 1), logs.at(self.log, 0));
        let last = (newest + LATE_MAX).min(self.now);
        oldest.div_euclid(HOUR)..last.div_euclid(HOUR) + 1
    }

    /// The events that arrived in an hour, oldest first.
    pub(super) fn events(&self, logs: &Logs, hour: i64) -> Vec<Event> {
        let (begins, ends) = (hour * HOUR, (hour + 1) * HOUR);
        let within = logs.within(self.log, begins - LATE_MAX, ends - 1);
        let mut events = Vec::new();
        for index in within.rev() {
            let draw = mix(self.seed ^ 0x57_0E, index);
            let at = logs.at(self.log, index);
            let soon = at + (60 + (draw % 240) as Ticks) * SECOND;
            let late = at + HOUR + (draw >> 16) as Ticks % (LATE_MAX - 2 * HOUR);
            let first = if (draw >> 40).is_multiple_of(LATE) && late < self.now { late } else { soon };
            let second = first + 600 * SECOND;
            let is_twice = (draw >> 50).is_multiple_of(TWICE) && second < self.now;
            for arrived in [Some(first), is_twice.then_some(second)].into_iter().flatten() {
                if (begins..ends).contains(&arrived) {
                    events.push(Event { index, arrived });
                }
            }
        }
        events
    }

    /// Appends lines of a blob: envelope, blanks, CRLF.
    pub(super) fn write(&self, tenant: &Tenant, events: &[Event], out: &mut Vec<u8>) {
        let envelope = Envelope::new(self.log, &self.route.category, tenant.logs.world().tenant_id());
        tenant.with_actors(|actors| {
            let mut record = Vec::new();
            for event in events {
                let start = out.len();
                record.clear();
                tenant.logs.write(actors, self.log, true, event.index, &mut record);
                envelope.write(&record, event.arrived, out);
                out.resize(start + self.line_bytes() - 2, b' ');
                out.extend_from_slice(b"\r\n");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::{Routing, TenantSettings};
    use super::*;
    use std::collections::HashMap;

    fn tenant() -> Tenant {
        let now = time::macros::datetime!(2026-09-10 12:20 UTC);
        Tenant::new(TenantSettings { routing: Routing::everything(), ..TenantSettings::demo(now) })
    }

    #[test]
    fn every_record_arrives_and_some_twice_and_some_late() {
        let tenant = tenant();
        let containers = Container::all(&tenant);
        assert_eq!(containers.len(), 16);
        for container in containers {
            let mut seen: HashMap<u64, u32> = HashMap::new();
            let mut late = 0;
            for hour in container.hours(&tenant.logs) {
                for event in container.events(&tenant.logs, hour) {
                    *seen.entry(event.index).or_default() += 1;
                    late += u32::from(event.arrived - tenant.logs.at(container.log, event.index) > HOUR);
                }
            }
            let count = tenant.logs.count(container.log);
            assert_eq!(seen.len() as u64, count, "{}", container.route.dataset);
            if count >= 1_500 {
                let twice = seen.values().filter(|&&times| times == 2).count() as u64;
                assert!((count / 60..count / 20).contains(&twice), "{twice} of {count}");
                assert!(late > 10, "{late}");
            }
        }
    }

    #[test]
    fn lines_are_long_enough_for_every_record() {
        let tenant = tenant();
        for container in Container::all(&tenant) {
            let envelope = Envelope::new(container.log, &container.route.category, tenant.logs.world().tenant_id());
            let mut longest = 0;
            let (mut record, mut line) = (Vec::new(), Vec::new());
            tenant.with_actors(|actors| {
                for index in 0..tenant.logs.count(container.log) {
                    record.clear();
                    line.clear();
                    tenant.logs.write(actors, container.log, true, index, &mut record);
                    envelope.write(&record, 0, &mut line);
                    longest = longest.max(line.len());
                }
            });
            // A third to spare: names and addresses of other seeds are longer.
            assert!(longest * 4 < container.line_bytes() * 3, "{}: {longest}", container.route.dataset);
        }
    }
}
