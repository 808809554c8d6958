//! What must be the same in number before and after: distinct values of a column, and how many rows of one column meet
//! rows of another. Every value pairs with itself before and after, so that columns need not be named.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::pairs::Pair;

/// Values of a column, before and after, folded: two spellings of one name are one name.
#[derive(Default)]
struct Column {
    before: HashMap<String, u64>,
    after: HashMap<String, u64>,
}

/// Columns of all files by `file: column`.
#[derive(Default)]
pub struct Columns(BTreeMap<String, Column>);

type Joins = BTreeMap<(usize, usize), u64>;

/// How many pairs of rows meet, for every two columns that have a value in common.
fn joins<'c>(columns: impl Iterator<Item = &'c HashMap<String, u64>>) -> Joins {
    let mut places: HashMap<&str, Vec<(usize, u64)>> = HashMap::new();
    for (number, column) in columns.enumerate() {
        for (value, count) in column {
            places.entry(value).or_default().push((number, *count));
        }
    }
    let mut all = Joins::new();
    for places in places.values() {
        for (at, (one, count)) in places.iter().enumerate() {
            for (other, times) in &places[at + 1..] {
                *all.entry((*one.min(other), *one.max(other))).or_default() += count * times;
            }
        }
    }
    all
}

impl Columns {
    /// Takes those pairs of a file that `counts` lets through.
    pub fn add(&mut self, file: &str, pairs: &[Pair], counts: impl Fn(&Pair) -> bool) {
        for pair in pairs.iter().filter(|pair| counts(pair)) {
            let column = self.0.entry(format!("{file}: {}", pair.column)).or_default();
            *column.before.entry(pair.before.to_lowercase()).or_default() += 1;
            *column.after.entry(pair.after.to_lowercase()).or_default() += 1;
        }
    }

    /// How many columns and joins there are.
    pub fn count(&self) -> (usize, usize) {
        (self.0.len(), joins(self.0.values().map(|column| &column.before)).len())
    }

    /// Columns and pairs of columns whose numbers changed, by name, with both numbers.
    pub fn complaints(&self) -> Vec<String> {
        let names: Vec<_> = self.0.keys().collect();
        let distinct = self.0.iter().filter(|(_, column)| column.before.len() != column.after.len());
        let mut all: Vec<String> = distinct
            .map(|(name, column)| {
                format!("{name}: {} distinct before, {} after", column.before.len(), column.after.len())
            })
            .collect();
        let before = joins(self.0.values().map(|column| &column.before));
        let after = joins(self.0.values().map(|column| &column.after));
        let both: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for join in both {
            let (was, is) = (before.get(join).unwrap_or(&0), after.get(join).unwrap_or(&0));
            if was != is {
                all.push(format!("{} with {}: {was} rows before, {is} after", names[join.0], names[join.1]));
            }
        }
        all
    }
}

#[test]
fn a_lost_join_is_seen() {
    let pair = |before: &str, after: &str| Pair {
        column: "c".into(),
        before: before.into(),
        after: after.into(),
        is_bare: false,
    };
    let columns = |second: &str| {
        let mut columns = Columns::default();
        columns.add("one", &[pair("a", "x"), pair("A", "x"), pair("b", "y")], |_| true);
        columns.add("two", &[pair("a", second)], |_| true);
        columns
    };
    assert_eq!(columns("x").complaints(), Vec::<String>::new());
    assert_eq!(columns("x").count(), (2, 1));
    assert_eq!(columns("z").complaints().len(), 1);
    let mut merged = Columns::default();
    merged.add("one", &[pair("a", "x"), pair("b", "x")], |_| true);
    assert_eq!(merged.complaints().len(), 1);
}
