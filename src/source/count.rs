//! How many records the service says there are: `PATH/$count`, asked for by the rows that are marked `counted`.
//!
//! Takes a run, gives a number or nothing: a count that is refused, or is no number, proves nothing and harms nothing.
//! Source: <https://learn.microsoft.com/graph/aad-advanced-queries> (`ConsistencyLevel: eventual`, plain text).

use bytes::Bytes;

use super::query::Question;
use super::run::Run;
use super::stop::Stop;
use crate::net::{Ask, FailureKind};

/// Digits of the largest count that is believed.
const DIGITS_MAX: usize = 12;

/// Asks. Cancel-safe.
///
/// # Errors
/// Only that the run is over.
pub(super) async fn ask(run: &Run<'_>) -> Result<Option<u64>, Stop> {
    let target = run.request.client.endpoints().target(run.dataset.service);
    let question = Question { dataset: run.dataset, key: None, window: None, clamped: false, dropped: run.dropped() };
    let Some(url) = question.count_url(&target.url).filter(|_| run.dataset.counted) else { return Ok(None) };
    let headers = [("ConsistencyLevel".to_owned(), "eventual".to_owned()), ("Accept".to_owned(), "text/plain".into())];
    let ask = Ask {
        target,
        class: run.dataset.throttle,
        weight: 1,
        url: &url,
        headers: &headers,
        body: None,
        nonce: 0,
        slow_max: u32::MAX,
    };
    let answer = tokio::select! {
        biased;
        stop = run.over() => return Err(stop),
        answer = run.request.client.fetch(&ask, number, |_| false) => answer,
    };
    match answer {
        Ok(answer) => {
            run.note(0, answer.retries);
            Ok(answer.value)
        }
        Err(failure) => {
            run.note(0, failure.retries);
            match failure.kind {
                FailureKind::Auth(error) => Err(Stop::Auth(error.to_string())),
                _ => Ok(None),
            }
        }
    }
}

/// What is no number is an answer, too: the service does not count.
fn number(body: &Bytes) -> Result<Option<u64>, ()> {
    let text = std::str::from_utf8(body).map_err(|_| ())?.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(());
    }
    let is_number = text.len() <= DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    Ok(if is_number { text.parse().ok() } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_plain_number_and_nothing_else() {
        let read = |text: &'static str| number(&Bytes::from_static(text.as_bytes()));
        assert_eq!(read("120"), Ok(Some(120)));
        assert_eq!(read("\u{feff}7\n"), Ok(Some(7)));
        for text in ["-1", "{}", "1.5", "9999999999999", "\"12\""] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
        assert_eq!(read(""), Err(()));
    }
}
