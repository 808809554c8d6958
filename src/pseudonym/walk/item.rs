//! Items of arrays that are more than values: ranges of addresses, which may become several, and rows of tables.

use super::{Hands, Here, Manner, Spot, Walk};
use crate::catalog::Action;
use crate::json::{self, Span};
use crate::pseudonym::clean::RefusalCause;
use crate::pseudonym::duty::Duty;
use crate::pseudonym::rules::Node;

impl<H: Hands> Walk<'_, H> {
    /// An item, as often as the hands want it.
    pub(super) fn item(&mut self, spot: Spot, duty: Duty, depth: usize) -> Result<(), RefusalCause> {
        if duty.action != Action::IpRanges || self.peek() != Some(b'{') {
            return self.value(spot, duty, depth + 1);
        }
        let start = self.at;
        // The same member is another one in each copy.
        let was_off = self.trail.members.pause(true);
        let walked = (0..self.hands.copies(self.here, start)).try_for_each(|number| {
            self.hands.copy(self.here, number, start, self.at);
            self.at = start;
            self.value(spot, duty, depth + 1)
        });
        self.trail.members.pause(was_off);
        walked
    }

    pub(super) fn row(&mut self, said: Option<Node>) -> Result<(), RefusalCause> {
        let mut items = json::items(self.here.text.as_bytes(), self.at)?;
        let cells: Vec<Span> = items.by_ref().collect::<Result<_, _>>()?;
        let names = self.columns.iter().copied().chain(std::iter::repeat(""));
        let mut record = String::with_capacity(items.end() - self.at + 32 * cells.len());
        for (cell, name) in cells.iter().zip(names) {
            record.push_str(if record.is_empty() { "{\"" } else { ",\"" });
            record.extend([name, "\":", &self.here.text[cell.clone()]]);
        }
        self.at = items.end();
        if !cells.is_empty() {
            record.push('}');
            self.records += 1;
            let records = self.here.manner.records.or(said);
            self.hands.row(Here { manner: Manner { records, ..self.here.manner }, ..self.here }, &cells, &record)?;
        }
        Ok(())
    }
}
