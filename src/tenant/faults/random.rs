//! Plans by chance, each from its seed alone.

use super::super::world::mix;
use super::{FaultPlan, Gzip, Mishap, Moment, Rule, Times, Words};

/// A source of numbers that depends on the seed alone.
struct Dice(u64);

impl Dice {
    /// Below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = mix(self.0, 0x000F_A117);
        (self.0 >> 11) % sides.max(1)
    }

    fn pick<T: Copy>(&mut self, of: &[T], or: T) -> T {
        let place = self.roll(of.len() as u64) as usize;
        of.get(place).copied().unwrap_or(or)
    }
}

/// The plan of a seed.
pub(super) fn plan(seed: u64) -> FaultPlan {
    let mut dice = Dice(mix(seed, 0x000C_4A05));
    let count = 1 + dice.roll(6);
    FaultPlan { seed, rules: (0..count).map(|_| rule(&mut dice)).collect() }
}

fn rule(dice: &mut Dice) -> Rule {
    let times = match dice.roll(8) {
        0 => Times::ALWAYS,
        1 | 2 => Times::Chance { probability: (1 + dice.roll(3)) as f64 / 8.0, most: Some(1 + dice.roll(5) as u32) },
        3 => Times::Count(2),
        _ => Times::Count(1),
    };
    Rule {
        dataset: None,
        path: None,
        page: (dice.roll(3) > 0).then(|| 1 + dice.roll(4) as u32),
        request: (dice.roll(4) == 0).then(|| 1 + dice.roll(6) as u32),
        times,
        each: dice.roll(8) == 0,
        fault: mishap(dice),
    }
}

fn mishap(dice: &mut Dice) -> Mishap {
    match dice.roll(24) {
        0..=2 => {
            let asked = [None, Some("1"), Some("0.3"), Some("+1"), Some("86400"), Some("soon"), Some("-5")];
            Mishap::throttled(dice.pick(&asked, None))
        }
        3..=5 => Mishap::Answer {
            status: dice.pick(&[408, 500, 502, 503, 504, 509], 503),
            body: dice.pick(&[Words::Json, Words::Html, Words::Empty], Words::Json),
            code: "UnknownError".into(),
            message: String::new(),
            retry_after: None,
        },
        6 => Mishap::Reset(dice.pick(&[Moment::Before, Moment::During, Moment::After], Moment::Before)),
        7 => Mishap::Stall { at: dice.pick(&[Moment::Before, Moment::During], Moment::Before), ms: 20 },
        8 => one(dice, vec![Mishap::Cut, Mishap::Truncated, Mishap::Invalid]),
        9 => {
            let gzip = [Gzip::Flipped, Gzip::Halved, Gzip::Plain].map(Mishap::Gzip);
            one(dice, [Mishap::Html, Mishap::Bom].into_iter().chain(gzip).collect())
        }
        10 => Mishap::Unauthorised { claims: dice.roll(2) == 0 },
        11 => Mishap::expired(),
        12 => Mishap::status(400, "UnknownError", "Invalid Skip Token, skip token is null"),
        13 => Mishap::EmptyPages(1 + dice.roll(3) as u32),
        14 => one(dice, vec![Mishap::NullToken, Mishap::RepeatedLink, Mishap::Cycle]),
        15 => Mishap::Duplicates(1 + dice.roll(3) as u32),
        16 => Mishap::HoldBack(1 + dice.roll(3) as u32),
        17 => Mishap::Reverse,
        18 => Mishap::unlicensed(),
        19 => Mishap::denied(),
        20 => one(dice, vec![Mishap::ErrorInside, Mishap::NullValue, Mishap::Scrap]),
        21 => Mishap::PageSize { most: 1 + dice.roll(4) as u32 },
        22 => Mishap::Batch(vec![429, 503, 404, 200, 500]),
        _ => Mishap::BatchLoses(1 + dice.roll(3) as u32),
    }
}

fn one(dice: &mut Dice, mut of: Vec<Mishap>) -> Mishap {
    let place = dice.roll(of.len() as u64) as usize;
    of.swap_remove(place)
}
