//! Chaos: plans of faults by chance over datasets by chance, and a model that knows what must come out.
//!
//! Whatever goes wrong, nothing is lost in silence, nothing comes twice, nothing hangs. A plan of single faults that all
//! pass must end complete. `CHAOS_RUNS` sets how many seeds are tried (50), `CHAOS_SEED` the first (1); every failure
//! prints its seed and its plan.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "a test may")]
#![allow(dead_code, reason = "the bench is shared with the fault matrix, which uses more of it")]

#[path = "../faults/bench.rs"]
mod bench;
#[path = "../support/service.rs"]
mod service;

use std::collections::BTreeMap;
use std::sync::Arc;

use bench::{Asked, Paging, Stage, gate, lie, paging};
use entra_bundle::pseudonym::Gate;
use entra_bundle::record::Outcome;
use entra_bundle::tenant::faults::{FaultPlan, Mishap, Times};
use service::window;
use tokio::task::JoinSet;

/// Runs at the same time.
const ABREAST: usize = 6;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Whether every dataset must come whole under this plan: a few faults, each once, all of a kind that passes.
fn must_pass(plan: &FaultPlan) -> bool {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for rule in &plan.rules {
        let kind = match &rule.fault {
            Mishap::Answer { status: 403, code, .. } if code.starts_with("Authorization") => return false,
            Mishap::Answer { status: 403, .. } => "doubt",
            Mishap::Answer { status: 400, .. } => "restart",
            Mishap::Answer { .. } | Mishap::Reset(_) | Mishap::Stall { .. } | Mishap::Cut => "retry",
            Mishap::Truncated | Mishap::Invalid | Mishap::Html | Mishap::Gzip(_) => "retry",
            Mishap::ErrorInside | Mishap::NullValue => "retry",
            Mishap::Unauthorised { .. } => "token",
            Mishap::NullToken => "restart",
            Mishap::RepeatedLink | Mishap::Cycle => "link",
            Mishap::Bom | Mishap::EmptyPages(_) | Mishap::Duplicates(_) | Mishap::HoldBack(_) | Mishap::Reverse => {
                "none"
            }
            Mishap::PageSize { .. } => "none",
            Mishap::Batch(_) | Mishap::BatchLoses(_) => "batch",
            _ => return false,
        };
        if !matches!(rule.times, Times::Count(1)) || rule.each {
            return false;
        }
        // A list that is gone in a batch is an answer.
        if matches!(&rule.fault, Mishap::Batch(statuses) if statuses.contains(&404)) {
            return false;
        }
        *counts.entry(kind).or_default() += 1;
    }
    let most = |kind: &str, most: u32| counts.get(kind).is_none_or(|count| *count <= most);
    most("doubt", 2)
        && most("restart", 3)
        && most("retry", 3)
        && most("token", 1)
        && most("link", 1)
        && most("batch", 2)
}

/// The plan of a seed; those of even seeds are made gentle: each fault once, and only what passes.
fn plan(seed: u64) -> FaultPlan {
    let mut plan = FaultPlan::random(seed);
    if seed % 2 == 1 {
        return plan;
    }
    let mut gentle = FaultPlan { rules: Vec::new(), ..plan.clone() };
    for mut rule in plan.rules.drain(..) {
        (rule.times, rule.each) = (Times::Count(1), false);
        if let Mishap::Batch(statuses) = &mut rule.fault {
            statuses.retain(|status| *status != 404);
        }
        gentle.rules.push(rule);
        if !must_pass(&gentle) {
            gentle.rules.pop();
        }
    }
    gentle
}

/// What went wrong under this seed, and how the datasets ended.
async fn run(seed: u64, datasets: &[Paging], gate: &Gate) -> (Vec<String>, Vec<Outcome>, bool) {
    let plan = plan(seed);
    let must = must_pass(&plan);
    let count = datasets.len() as u64;
    let chosen: Vec<&Paging> =
        (0..1 + seed % 3).map(|turn| &datasets[((seed * 7 + turn * 11) % count) as usize]).collect();
    let stage = Stage::open(plan.clone(), window().until).await;
    let collecting = chosen.iter().map(|paging| {
        let asked = Asked { gate, parents: &paging.parents, window: window(), deadline: None, wanted: &[] };
        let stage = &stage;
        async move { stage.collect(paging.dataset, &asked).await }
    });
    let took = futures_util::future::join_all(collecting).await;
    stage.close().await;
    let (mut wrong, mut outcomes) = (Vec::new(), Vec::new());
    for (paging, took) in chosen.iter().zip(&took) {
        outcomes.push(took.outcome());
        let failed = must && took.outcome() != Outcome::Complete;
        let complaint = lie(took, &paging.truth)
            .or_else(|| failed.then(|| format!("{:?} under faults that all pass", took.outcome())));
        if let Some(complaint) = complaint {
            let (id, reason) = (&paging.dataset.id, took.reason(gate));
            wrong.push(format!("seed {seed}, {id}: {complaint} ({reason})\n{}", plan.to_toml()));
        }
    }
    (wrong, outcomes, must)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_plan_of_faults_loses_anything_in_silence() {
    let (first, runs) = (number("CHAOS_SEED", 1), number("CHAOS_RUNS", 50));
    let gate = gate();
    let datasets = Arc::new(paging(&gate).await);
    let mut seeds = first..first + runs;
    let mut running = JoinSet::new();
    let (mut wrong, mut tally, mut musts) = (Vec::new(), BTreeMap::<String, u32>::new(), 0);
    loop {
        while running.len() < ABREAST
            && let Some(seed) = seeds.next()
        {
            let (datasets, gate) = (Arc::clone(&datasets), Arc::clone(&gate));
            running.spawn(async move { run(seed, &datasets, &gate).await });
        }
        let Some(done) = running.join_next().await else { break };
        let (complaints, outcomes, must) = done.unwrap();
        wrong.extend(complaints);
        musts += u32::from(must);
        for outcome in outcomes {
            *tally.entry(format!("{outcome:?}").to_lowercase()).or_default() += 1;
        }
    }
    let ends: Vec<String> = tally.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    println!("{runs} plans, {musts} must end complete; datasets: {}; {} runs wrong", ends.join(", "), wrong.len());
    assert!(wrong.is_empty(), "{} of {runs} runs are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
