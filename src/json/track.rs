//! The members that came lately: what is known of a key, which key comes behind it, what became of its values.
//!
//! The records of a log have the same keys in the same order, and three of four of their values came a few records ago.
//! Takes a text and a position, says whether what stands there was seen at this place before. Copies nothing: keys and
//! values are slices of a stretch, answers are ranges of what was written for it. Never judges: only what was noted is
//! repeated. Learning from sign-ins took 57 instructions a byte without it, cleaning 78, the leak check 54.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use hashbrown::HashTable;

use crate::limits::{TRACK_HEADS_MAX, TRACK_MISSES_MAX, TRACK_VALUES};

/// Where an object stands: by its rules, by those of its record. What is at another depth is another place, since it may
/// nest too deep there.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) node: u32,
    pub(crate) root: u32,
    pub(crate) depth: usize,
}

/// Where what was written for a member stands; none where the member stays as it is.
pub(crate) type Answer = Option<Range<usize>>;

/// A key at a place.
struct Head<'p, F> {
    place: Place,
    /// The key as written, from its first quote to its value.
    written: &'p str,
    facts: F,
    /// What came next: behind the member, and inside its value; the last two each.
    next: [[u32; 2]; 2],
    /// The last first.
    values: [Value<'p>; TRACK_VALUES],
    /// How many values in a row were new.
    misses: u8,
}

/// A member as it came, and what was written for it.
#[derive(Clone, Default)]
struct Value<'p> {
    member: &'p str,
    answer: Answer,
}

/// A key that is known.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    head: u32,
    /// Bytes from its first quote to its value.
    pub(crate) bytes: usize,
}

/// What stands at a position.
pub(crate) enum Step {
    /// A member that came lately, of so many bytes.
    Again(Known, usize, Answer),
    /// A key that came behind the last one before.
    Key(Known),
    /// Something else.
    New,
}

/// What was seen in the stretch so far; `F` is what is known of a key.
pub(crate) struct Track<'p, F> {
    /// The first stands for the beginning.
    heads: Vec<Head<'p, F>>,
    table: HashTable<u32>,
    /// The head that the next key is expected behind, and whether inside its value.
    last: (u32, bool),
    is_off: bool,
}

const NO_HEAD: u32 = 0;

impl<F> Default for Track<'_, F> {
    fn default() -> Self {
        Self { heads: Vec::new(), table: HashTable::new(), last: (NO_HEAD, true), is_off: false }
    }
}

impl<'p, F: Copy + Default> Track<'p, F> {
    /// A track that sees nothing: for a text that comes once.
    pub(crate) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// Another record begins.
    pub(crate) fn begin(&mut self) {
        self.last = (NO_HEAD, true);
    }

    /// While it is off, members are neither repeated nor noted; gives whether it was.
    pub(crate) fn pause(&mut self, is_off: bool) -> bool {
        std::mem::replace(&mut self.is_off, is_off)
    }

    /// What stands at `at`. A member that comes again is behind then, of a known key the value comes next. `ends` says
    /// whether a member may end before a byte.
    #[inline]
    pub(crate) fn step(&mut self, text: &str, at: usize, place: Place, ends: impl Fn(Option<u8>) -> bool) -> Step {
        let (last, inside) = self.last;
        let (Some(from), Some(rest)) = (self.heads.get(last as usize), text.as_bytes().get(at..)) else {
            return Step::New;
        };
        let next = from.next[usize::from(inside)];
        // Nearly always: the same key as the last time, with the same value.
        if let Some(head) = self.heads.get(next[0] as usize)
            && !self.is_off
            && head.place == place
            && head.values[0].stands_in(rest, &ends)
        {
            self.last = (next[0], false);
            let known = Known { head: next[0], bytes: head.written.len() };
            return Step::Again(known, head.values[0].member.len(), head.values[0].answer.clone());
        }
        for (turn, head) in next.into_iter().enumerate() {
            if head != NO_HEAD && self.stands_in(head, rest, place) {
                if turn > 0
                    && let Some(from) = self.heads.get_mut(last as usize)
                {
                    from.next[usize::from(inside)].swap(0, 1);
                }
                return self.value(head, rest, ends);
            }
        }
        Step::New
    }

    fn stands_in(&self, head: u32, text: &[u8], place: Place) -> bool {
        let head = self.heads.get(head as usize);
        head.is_some_and(|head| head.place == place && text.starts_with(head.written.as_bytes()))
    }

    /// The value of a key that stands there.
    fn value(&mut self, one: u32, rest: &[u8], ends: impl Fn(Option<u8>) -> bool) -> Step {
        self.last = (one, true);
        let Some(head) = self.heads.get_mut(one as usize) else { return Step::New };
        let known = Known { head: one, bytes: head.written.len() };
        // Behind so many new ones the next one will be new, too.
        if self.is_off || head.misses == TRACK_MISSES_MAX {
            return Step::Key(known);
        }
        let Some(place) = head.values.iter().position(|value| value.stands_in(rest, &ends)) else {
            head.misses += 1;
            return Step::Key(known);
        };
        head.misses = 0;
        head.values[..=place].rotate_right(1);
        self.last = (one, false);
        Step::Again(known, head.values[0].member.len(), head.values[0].answer.clone())
    }

    /// The key that is written so, whatever came before it; `facts` finds out about it if nobody asked yet. Its value comes
    /// next.
    pub(crate) fn key(&mut self, written: &'p str, place: Place, facts: impl FnOnce() -> F) -> Option<Known> {
        if self.is_off {
            return None;
        }
        if self.heads.is_empty() {
            self.heads.push(Head::new(Place::default(), "", F::default()));
        }
        let digest = digest(place, written);
        let is_same = |head: &Head<'_, F>| head.place == place && head.written == written;
        let same = |&one: &u32| self.heads.get(one as usize).is_some_and(is_same);
        let one = match self.table.find(digest, same) {
            Some(&one) => one,
            None if self.heads.len() >= TRACK_HEADS_MAX => return None,
            None => {
                let one = u32::try_from(self.heads.len()).ok()?;
                self.heads.push(Head::new(place, written, facts()));
                let heads = &self.heads;
                let again =
                    |&one: &u32| heads.get(one as usize).map_or(0, |head| self::digest(head.place, head.written));
                self.table.insert_unique(digest, one, again);
                one
            }
        };
        let (last, inside) = self.last;
        if let Some(last) = self.heads.get_mut(last as usize) {
            let next = &mut last.next[usize::from(inside)];
            *next = [one, next[0]];
        }
        self.last = (one, true);
        Some(Known { head: one, bytes: written.len() })
    }

    /// What is known of a key.
    #[inline]
    pub(crate) fn facts(&self, known: Known) -> F {
        self.heads.get(known.head as usize).map(|head| head.facts).unwrap_or_default()
    }

    /// The value of a key is behind.
    #[inline]
    pub(crate) fn leave(&mut self, known: Known) {
        self.last = (known.head, false);
    }

    /// Notes a member, from the first quote of its key, and its answer: what was decided without a look at anything else.
    #[inline]
    pub(crate) fn note(&mut self, known: Known, member: &'p str, answer: Answer) {
        if let Some(head) = self.heads.get_mut(known.head as usize).filter(|_| !self.is_off) {
            head.values.rotate_right(1);
            head.values[0] = Value { member, answer };
        }
    }
}

impl<'p, F> Head<'p, F> {
    fn new(place: Place, written: &'p str, facts: F) -> Self {
        let values = std::array::from_fn(|_| Value::default());
        Self { place, written, facts, next: [[NO_HEAD; 2]; 2], values, misses: 0 }
    }
}

impl Value<'_> {
    /// Whether the text begins with the member. Its last byte but one is asked first: most that are not the same differ there.
    #[inline]
    fn stands_in(&self, text: &[u8], ends: impl Fn(Option<u8>) -> bool) -> bool {
        let member = self.member.as_bytes();
        let telling = member.len().wrapping_sub(2);
        !member.is_empty()
            && text.get(telling) == member.get(telling)
            && text.starts_with(member)
            && ends(text.get(member.len()).copied())
    }
}

/// Whether a member of an object may end before a byte. A number that goes on is another one.
pub(crate) fn ends_member(next: Option<u8>) -> bool {
    matches!(next, Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'))
}

fn digest(place: Place, written: &str) -> u64 {
    let seed = u64::from(place.node) << 32 ^ u64::from(place.root) ^ (place.depth as u64) << 24;
    let mut hasher = foldhash::fast::FixedState::with_seed(seed).build_hasher();
    hasher.write(written.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goes over members as a walk does; gives which of them came again.
    fn again<'p>(track: &mut Track<'p, usize>, members: &[&'p str]) -> Vec<bool> {
        track.begin();
        let place = Place::default();
        let seen = members.iter().map(|member| {
            let key = member.find(':').unwrap() + 1;
            let followed = [member, ","].concat();
            let known = match track.step(&followed, 0, place, |next| next == Some(b',')) {
                Step::Again(known, bytes, _) => {
                    assert_eq!((bytes, track.facts(known)), (member.len(), key));
                    return true;
                }
                Step::Key(known) => Some(known),
                Step::New => track.key(&member[..key], place, || key),
            };
            if let Some(known) = known {
                assert_eq!(known.bytes, key);
                track.note(known, member, None);
                track.leave(known);
            }
            false
        });
        seen.collect()
    }

    #[test]
    fn what_came_lately_comes_again() {
        let mut track = Track::default();
        let first = [r#""id":1"#, r#""a":true"#, r#""b":[1]"#];
        assert_eq!(again(&mut track, &first), [false; 3]);
        assert_eq!(again(&mut track, &first), [true; 3]);
        assert_eq!(again(&mut track, &[r#""id":2"#, r#""a":true"#, r#""b":[1]"#]), [false, true, true]);
        // A key that is left out, and one that is new.
        assert_eq!(again(&mut track, &[r#""id":1"#, r#""b":[1]"#, r#""c":0"#]), [true, false, false]);
        assert_eq!(again(&mut track, &[r#""id":2"#, r#""b":[1]"#, r#""c":0"#]), [true; 3]);
        assert_eq!(again(&mut track, &first), [true; 3]);
    }

    #[test]
    fn a_member_ends_where_it_ended() {
        let mut track = Track::default();
        assert_eq!(again(&mut track, &[r#""n":12"#]), [false]);
        assert_eq!(again(&mut track, &[r#""n":123"#]), [false]);
        assert_eq!(again(&mut track, &[r#""n":12"#]), [true]);
    }

    #[test]
    fn another_place_is_another_key() {
        let mut track: Track<'_, ()> = Track::default();
        let known = track.key("\"a\":", Place::default(), || ()).unwrap();
        track.note(known, "\"a\":1", None);
        for place in [Place { depth: 1, ..Place::default() }, Place { root: 1, ..Place::default() }] {
            track.begin();
            assert!(matches!(track.step("\"a\":1,", 0, place, |_| true), Step::New));
        }
        track.begin();
        assert!(matches!(track.step("\"a\":1,", 0, Place::default(), |_| true), Step::Again(..)));
        track.begin();
        track.pause(true);
        assert!(matches!(track.step("\"a\":1,", 0, Place::default(), |_| true), Step::Key(_)));
        let mut off: Track<'_, ()> = Track::off();
        assert!(off.key("\"a\":", Place::default(), || ()).is_none());
    }

    #[test]
    fn only_the_last_values_are_compared_and_unique_ones_no_longer() {
        let texts: Vec<String> = (0..=TRACK_VALUES).map(|number| format!("\"a\":{number}")).collect();
        let mut track = Track::default();
        texts.iter().for_each(|text| assert_eq!(again(&mut track, &[text]), [false]));
        assert_eq!(again(&mut track, &[&texts[1]]), [true]);
        assert_eq!(again(&mut track, &[&texts[0]]), [false]);
        let many: Vec<String> = (0..300).map(|number| format!("\"a\":{}", 1000 + number)).collect();
        many.iter().for_each(|text| assert_eq!(again(&mut track, &[text]), [false]));
    }
}
