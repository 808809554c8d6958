//! One token per scope, asked for once however many requests wait for it.
//!
//! Takes a way of getting tokens ([`Mint`]), gives the [`TokenSource`] that the client uses. A token is renewed
//! before it ends ([`AccessToken::is_due`]); when renewing fails, the old one serves until it has ended. Callers
//! that wait for the same request share its answer, a failure too. Nothing is written anywhere.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{AccessToken, AuthError, TokenSource};
use crate::clock::Clock;

/// What is asked of a [`Mint`].
pub(super) struct Ask<'a> {
    /// For example `https://graph.microsoft.com/.default`.
    pub scope: &'a str,
    /// A claims challenge (JSON) that the token must meet.
    pub claims: Option<&'a str>,
}

/// One way of getting a token, without any memory of its own for access tokens.
#[async_trait::async_trait]
pub(super) trait Mint: Send + Sync {
    /// Gets a new token.
    async fn mint(&self, ask: &Ask<'_>) -> Result<AccessToken, AuthError>;
    /// The `--auth` kind as typed.
    fn describe(&self) -> &'static str;
}

/// A [`Mint`] with a cache in front.
pub(super) struct Cached<M> {
    mint: M,
    slots: Mutex<HashMap<Box<str>, Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    /// How many requests have ended; a waiter sees by it that one ended while it waited.
    ended: AtomicU64,
    held: tokio::sync::Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<AccessToken>,
    failure: Option<AuthError>,
    claims: Option<String>,
}

impl<M> Cached<M> {
    pub(super) fn new(mint: M) -> Self {
        Self { mint, slots: Mutex::default() }
    }

    fn slot(&self, scope: &str) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(scope.into()).or_default())
    }
}

#[async_trait::async_trait]
impl<M: Mint> TokenSource for Cached<M> {
    async fn token(&self, scope: &str) -> Result<AccessToken, AuthError> {
        let slot = self.slot(scope);
        let ended_before = slot.ended.load(Ordering::Acquire);
        let mut held = slot.held.lock().await;
        let now = Clock::System.now();
        if let Some(token) = &held.token
            && !token.is_due(now)
        {
            return Ok(token.clone());
        }
        if slot.ended.load(Ordering::Acquire) != ended_before {
            // The request that this caller waited for has ended without a token that lasts: one answer for all.
            match (&held.token, &held.failure) {
                (Some(token), _) if !token.is_expired(now) => return Ok(token.clone()),
                (_, Some(failure)) => return Err(failure.clone()),
                _ => {}
            }
        }
        let ask = Ask { scope, claims: held.claims.as_deref() };
        let answer = self.mint.mint(&ask).await;
        let now = Clock::System.now();
        slot.ended.fetch_add(1, Ordering::AcqRel);
        match answer {
            Ok(token) => {
                held.token = Some(token.clone());
                held.failure = None;
                Ok(token)
            }
            Err(failure) => {
                held.failure = Some(failure.clone());
                match &held.token {
                    Some(token) if !token.is_expired(now) => Ok(token.clone()),
                    _ => Err(failure),
                }
            }
        }
    }

    async fn invalidate(&self, scope: &str, claims: Option<&str>) {
        let slot = self.slot(scope);
        let ended_before = slot.ended.load(Ordering::Acquire);
        let mut held = slot.held.lock().await;
        let replaced = slot.ended.load(Ordering::Acquire) != ended_before;
        // Of many requests that were refused together, the first has already brought a new token.
        if replaced && (claims.is_none() || claims == held.claims.as_deref()) {
            return;
        }
        if let Some(claims) = claims {
            held.claims = Some(claims.to_owned());
        }
        held.token = None;
    }

    fn describe(&self) -> &'static str {
        self.mint.describe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use time::Duration;

    /// Counts its calls; answers with the next of its scripted lives (seconds), an error where there is none.
    struct Counter {
        calls: AtomicUsize,
        lives_s: Vec<Option<i64>>,
        claims: Mutex<Vec<Option<String>>>,
    }

    impl Counter {
        fn cached(lives_s: Vec<Option<i64>>) -> Cached<Self> {
            Cached::new(Self { calls: AtomicUsize::new(0), lives_s, claims: Mutex::default() })
        }
    }

    #[async_trait::async_trait]
    impl Mint for Counter {
        async fn mint(&self, ask: &Ask<'_>) -> Result<AccessToken, AuthError> {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            self.claims.lock().unwrap().push(ask.claims.map(str::to_owned));
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            match self.lives_s.get(call).copied().flatten() {
                Some(life) => {
                    AccessToken::new(&format!("token-{call}"), Some(Clock::System.now() + Duration::seconds(life)))
                }
                None => Err(AuthError::Declined),
            }
        }
        fn describe(&self) -> &'static str {
            "counter"
        }
    }

    async fn text(source: &impl TokenSource, scope: &str) -> Result<String, AuthError> {
        source.token(scope).await.map(|token| token.header_value().to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn fifty_callers_share_one_request_and_scopes_do_not_share_tokens() {
        let source = Counter::cached(vec![Some(3600); 9]);
        let answers = futures_util::future::join_all((0..50).map(|_| text(&source, "a"))).await;
        assert!(answers.iter().all(|answer| answer.as_deref() == Ok("Bearer token-0")));
        assert_eq!(text(&source, "b").await.unwrap(), "Bearer token-1");
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-0");
    }

    #[tokio::test]
    async fn waiting_callers_share_a_failure_but_a_later_caller_asks_again() {
        let source = Counter::cached(vec![None, Some(3600)]);
        let answers = futures_util::future::join_all((0..20).map(|_| text(&source, "a"))).await;
        assert!(answers.iter().all(|answer| *answer == Err(AuthError::Declined)));
        assert_eq!(source.mint.calls.load(Ordering::SeqCst), 1);
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-1");
    }

    #[tokio::test]
    async fn a_token_that_is_due_is_renewed_and_serves_on_when_renewing_fails() {
        let source = Counter::cached(vec![Some(1), None, Some(3600)]);
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-0");
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-0", "renewing failed, 0.3 s are left");
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-2");
    }

    #[tokio::test]
    async fn an_ended_token_is_not_handed_out_when_renewing_fails() {
        let source = Counter::cached(vec![Some(-10), None]);
        assert!(text(&source, "a").await.is_ok());
        assert_eq!(text(&source, "a").await, Err(AuthError::Declined));
    }

    #[tokio::test]
    async fn a_refused_token_is_replaced_and_the_claims_are_passed_on() {
        let source = Counter::cached(vec![Some(3600); 9]);
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-0");
        source.invalidate("a", None).await;
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-1");
        source.invalidate("a", Some("{}")).await;
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-2");
        source.invalidate("a", None).await;
        assert_eq!(text(&source, "a").await.unwrap(), "Bearer token-3");
        let asked = [None, None, Some("{}".to_owned()), Some("{}".to_owned())];
        assert_eq!(*source.mint.claims.lock().unwrap(), asked, "a challenge stays in force");
        source.invalidate("never asked", None).await;
    }

    #[tokio::test]
    async fn requests_that_are_refused_together_bring_one_new_token() {
        let source = Counter::cached(vec![Some(3600); 99]);
        text(&source, "a").await.unwrap();
        for claims in [None, Some("{}")] {
            let before = source.mint.calls.load(Ordering::SeqCst);
            let again = futures_util::future::join_all((0..40).map(|_| async {
                source.invalidate("a", claims).await;
                text(&source, "a").await
            }));
            assert!(again.await.iter().all(Result::is_ok));
            assert_eq!(source.mint.calls.load(Ordering::SeqCst), before + 1);
        }
    }
}
