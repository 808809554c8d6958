//! The network: whether each service that the plan needs answers over TLS, and whether the clocks agree.

use std::time::Duration;

use futures_util::future::join_all;

use super::super::settings::Settings;
use super::super::sign_in::Way;
use super::{Check, State};
use crate::catalog::{Service, route};
use crate::clock::Clock;
use crate::commands::words::span;
use crate::net::probe;

pub(super) const AREA: &str = "Network";
/// One try, with room for a slow proxy; all services are asked at the same time.
const WAIT: Duration = Duration::from_secs(8);
/// Tokens allow five minutes; windows and signatures suffer before.
const SKEW_S_MAX: u64 = 60;

pub(super) async fn checks(way: &Way, settings: &Settings, clock: Clock) -> Vec<Check> {
    let endpoints = &way.endpoints;
    let planned = |service: Service| settings.plan.datasets.iter().any(|row| row.service == service);
    let logs = settings.plan.datasets.iter().any(|row| route(&row.id).is_some());
    let mut wanted = vec![
        ("sign-in", &endpoints.login_url, true),
        ("Microsoft Graph", &endpoints.graph.url, planned(Service::Graph)),
    ];
    wanted.push(("Azure Resource Manager", &endpoints.arm.url, planned(Service::Arm) || logs));
    wanted.push(("Log Analytics", &endpoints.logs.url, logs));
    wanted.push(("Microsoft 365 activity", &endpoints.office.url, planned(Service::Office) && settings.sources.office));
    let wanted: Vec<_> = wanted.into_iter().filter(|(_, _, is_needed)| *is_needed).collect();
    let answers = join_all(wanted.iter().map(|(_, url, _)| probe(&way.http, url, clock, WAIT))).await;
    let mut checks = Vec::new();
    let mut ahead_s = None;
    for ((name, url, _), answer) in wanted.iter().zip(answers) {
        let host = url.host_str().unwrap_or_default();
        checks.push(match answer {
            Ok(reached) => {
                ahead_s = ahead_s.or(reached.ahead_s);
                let latency = reached.latency.as_millis();
                Check::new(AREA, State::Ok, format!("{name} answers: {host}, {latency} ms"))
            }
            Err(why) => {
                let state = if matches!(*name, "sign-in" | "Microsoft Graph") { State::Fails } else { State::Lacks };
                Check::new(AREA, state, format!("{name} cannot be reached: {host}: {why}"))
                    .with_hint("allow it in the firewall, or name the proxy in HTTPS_PROXY; a proxy that opens TLS needs its certificate in the system's store")
            }
        });
    }
    checks.push(clock_check(ahead_s, clock));
    checks
}

fn clock_check(ahead_s: Option<i64>, clock: Clock) -> Check {
    const AREA: &str = "Clock";
    let off = |by: u64| span(Duration::from_secs(by));
    match ahead_s {
        _ if matches!(clock, Clock::Fixed(_)) => {
            Check::new(AREA, State::Note, "the clock is fixed by SOURCE_DATE_EPOCH")
        }
        None => Check::new(AREA, State::Note, "no service said what time it has"),
        Some(by) if by.unsigned_abs() <= SKEW_S_MAX => Check::new(
            AREA,
            State::Ok,
            format!("this machine's clock and the service's agree within {}", off(by.unsigned_abs().max(1))),
        ),
        Some(by) => {
            let side = if by > 0 { "behind" } else { "ahead of" };
            Check::new(
                AREA,
                State::Lacks,
                format!("this machine's clock is {} {side} the service's", off(by.unsigned_abs())),
            )
            .with_hint(
                "set it: tokens are refused when it is off by five minutes, and the window of the logs ends too early",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_with_its_side() {
        let system = Clock::System;
        assert_eq!(clock_check(Some(-3), system).state, State::Ok);
        assert!(clock_check(Some(400), system).what.contains("7 min behind"));
        assert!(clock_check(Some(-400), system).what.contains("7 min ahead of"));
        assert_eq!(clock_check(None, system).state, State::Note);
    }
}
