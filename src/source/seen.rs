//! Which records of a slice were delivered already.
//!
//! Takes a record's id (or, where it has none, its content) and the pass over the list that served it, says
//! whether to deliver it. A list that begins again serves everything a second time: that must neither double a
//! record nor count as the service's own duplicate. Records without an id are counted by content: as many
//! equal ones are delivered as the fullest pass has served.

use hashbrown::HashMap;
use sha2::{Digest, Sha256};

/// What to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Deliver it.
    New,
    /// Delivered by an earlier pass over the same list.
    Known,
    /// The same pass has served its id before.
    Duplicate,
}

/// 128 bits of a record's id or content: 2^64 records until two are mistaken for one.
pub(crate) type Mark = [u32; 4];

/// The mark of some bytes. SHA-256, because a weaker hash would lose a record without anyone noticing.
pub(crate) fn mark(bytes: &[u8]) -> Mark {
    let hash = Sha256::digest(bytes);
    let word = |at: usize| u32::from_le_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
    [word(0), word(4), word(8), word(12)]
}

#[derive(Default)]
struct Copies {
    delivered: u32,
    pass: u32,
    in_pass: u32,
}

/// The records of one slice. 21 bytes for each record with an id.
#[derive(Default)]
pub(super) struct Seen {
    ids: HashMap<Mark, u32>,
    contents: HashMap<Mark, Copies>,
}

/// The pass of whatever another place has delivered; no place gets that far itself.
const ELSEWHERE: u32 = u32::MAX;

impl Seen {
    /// Another place begins.
    pub(super) fn begin(&mut self) {
        self.ids.values_mut().for_each(|pass| *pass = ELSEWHERE);
        self.contents.values_mut().for_each(|copies| copies.pass = ELSEWHERE);
    }

    /// A record with an id: the first one wins.
    pub(super) fn by_id(&mut self, id: Mark, pass: u32) -> Sight {
        match self.ids.insert(id, pass) {
            None => Sight::New,
            Some(before) if before == pass => Sight::Duplicate,
            Some(_) => Sight::Known,
        }
    }

    /// A record without an id.
    pub(super) fn by_content(&mut self, content: Mark, pass: u32) -> Sight {
        let copies = self.contents.entry(content).or_default();
        if copies.pass != pass {
            (copies.pass, copies.in_pass) = (pass, 0);
        }
        copies.in_pass += 1;
        if copies.in_pass <= copies.delivered {
            return Sight::Known;
        }
        copies.delivered += 1;
        Sight::New
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_of_an_id_wins_and_a_new_pass_is_no_duplicate() {
        let mut seen = Seen::default();
        let (a, b) = (mark(b"a"), mark(b"b"));
        let sights = [(a, 1), (a, 1), (a, 2), (a, 2), (b, 2)].map(|(id, pass)| seen.by_id(id, pass));
        assert_eq!(sights, [Sight::New, Sight::Duplicate, Sight::Known, Sight::Duplicate, Sight::New]);
    }

    #[test]
    fn equal_records_without_id_are_kept_as_often_as_the_list_has_them() {
        let mut seen = Seen::default();
        let content = mark(b"{}");
        let sights: Vec<_> = [1, 1, 2, 2, 2].iter().map(|&pass| seen.by_content(content, pass)).collect();
        assert_eq!(sights, [Sight::New, Sight::New, Sight::Known, Sight::Known, Sight::New]);
    }
}
