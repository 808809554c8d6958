//! Time limits and late records: what has come is kept, what is missing is said.

use std::time::Duration;

use super::bench::{Asked, PAGE, collect, gate, is_honest, paging};
use super::service::window;
use entra_bundle::record::Outcome;
use entra_bundle::source::Window;
use entra_bundle::tenant::faults::{FaultPlan, Mishap, Moment, Rule, Times};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_keeps_what_came_and_calls_it_partial() {
    let gate = gate();
    let datasets = paging(&gate).await;
    for wanted in ["users", "sign-ins", "group-members"] {
        let paging = datasets.iter().find(|paging| paging.dataset.id == wanted).unwrap();
        // Every page from the second on takes a while.
        let slow = Mishap::Stall { at: Moment::Before, ms: 300 };
        let mut rule = Rule::on(wanted, 2, Times::ALWAYS, slow);
        rule.each = true;
        for page in [Some(2), None] {
            rule.page = page;
            let deadline = Some(Duration::from_millis(200));
            let asked = Asked { gate: &gate, parents: &paging.parents, window: window(), deadline, wanted: &[] };
            let began = std::time::Instant::now();
            let took = collect(paging.dataset, FaultPlan::of(rule.clone()), &asked).await;
            assert!(began.elapsed() < Duration::from_secs(20), "{wanted}");
            assert_eq!(took.outcome(), Outcome::Partial, "{wanted}");
            assert!(is_honest(&took.records, &paging.truth), "{wanted}");
            assert!(took.count() < paging.truth.values().map(|count| u64::from(*count)).sum(), "{wanted}");
            assert_eq!(took.count() == 0, page.is_none(), "{wanted}: what came before the deadline is kept");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_arrives_late_is_found_by_the_second_look() {
    let gate = gate();
    let datasets = paging(&gate).await;
    for wanted in ["sign-ins", "audits"] {
        let paging = datasets.iter().find(|paging| paging.dataset.id == wanted).unwrap();
        // A run that ends just behind the youngest record has it in the margin.
        let asked = Asked { gate: &gate, parents: &[], window: window(), deadline: None, wanted: &[] };
        let last = collect(paging.dataset, FaultPlan::default(), &asked).await.report.last.unwrap();
        let last = time::OffsetDateTime::parse(&last, &time::format_description::well_known::Rfc3339).unwrap();
        let until = last.replace_nanosecond(0).unwrap() + time::Duration::minutes(1);
        let window = Window { until, ..window() };
        let asked = Asked { gate: &gate, parents: &[], window, deadline: None, wanted: &[] };
        let truth = collect(paging.dataset, FaultPlan::default(), &asked).await;
        assert_eq!(truth.outcome(), Outcome::Complete, "{wanted}");
        // The oldest come first: the late one is missing at the end of the last page.
        let last_page = u32::try_from(truth.count()).unwrap().div_ceil(PAGE);
        let rule = Rule::on(wanted, last_page, Times::Count(1), Mishap::Lose(1));
        let took = collect(paging.dataset, FaultPlan::of(rule), &asked).await;
        assert_eq!((took.struck, took.outcome()), (1, Outcome::Complete), "{wanted}");
        assert!(took.records == truth.records, "{wanted}: the late record is missing");
    }
}
