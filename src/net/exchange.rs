//! One request, tried until there is an answer or no hope.
//!
//! Takes an [`Ask`] and a reader for the body, gives what the reader made of it. The reader runs inside the
//! tries, so that a body that is cut short or is not JSON counts as a fault like any other.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::ask::{Answer, Ask, Proof};
use super::attempt::{Attempt, Done, Reply, header};
use super::body::{self, BodyFault, Buffers};
use super::failure::{Failure, FailureKind, Fault, Refusal};
use super::guard::{self, Endpoints, Target};
use super::nap::Naps;
use super::pace::{Pace, http_date, retry_after};
use super::recovery::recovery;
use super::status::Status;
use super::throttle::Limiter;
use super::{ClientOptions, NetError, Rate, Setup, http_client, id};
use crate::catalog::{THROTTLES, Throttle};
use crate::limits::{PAGES_IN_FLIGHT_MAX, QUERY_MS_MAX};

/// The client that all sources share. Cloning shares its budgets, counters and connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    setup: Setup,
    /// For queries, whose replies are silent while the service works.
    patient: reqwest::Client,
    limiters: [Limiter; THROTTLES],
    pages: [Arc<Semaphore>; THROTTLES],
    lists: [AtomicU32; THROTTLES],
    requests: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    naps: Naps,
    skew_s: AtomicI64,
    buffers: Buffers,
}

const NO_SKEW: i64 = i64::MIN;

impl Client {
    /// Makes the client.
    ///
    /// # Errors
    /// [`NetError`] when an endpoint is neither https nor on this machine.
    pub fn new(setup: Setup) -> Result<Self, NetError> {
        setup.endpoints.check()?;
        let options = ClientOptions::for_endpoints(&setup.endpoints);
        let patient = http_client(&ClientOptions { read_timeout_ms: QUERY_MS_MAX, ..options })?;
        let limiter = |class| {
            let stated = setup.rates.iter().rfind(|rate| rate.class == class).copied();
            Limiter::new(stated.unwrap_or_else(|| Rate::documented(class)))
        };
        let limiters = Throttle::ALL.map(limiter);
        let pages = Throttle::ALL.map(|_| Arc::new(Semaphore::new(PAGES_IN_FLIGHT_MAX)));
        let lists = [const { AtomicU32::new(0) }; THROTTLES];
        let [requests, retries, throttled] = [const { AtomicU64::new(0) }; 3];
        Ok(Self(Arc::new(Inner {
            setup,
            patient,
            limiters,
            pages,
            lists,
            requests,
            retries,
            throttled,
            naps: Naps::default(),
            skew_s: AtomicI64::new(NO_SKEW),
            buffers: Buffers::default(),
        })))
    }

    /// Where the services are.
    pub fn endpoints(&self) -> &Endpoints {
        &self.0.setup.endpoints
    }

    /// How the run signed in, as `--auth` spells it.
    pub fn signed_in_by(&self) -> &'static str {
        self.0.setup.tokens.describe()
    }

    /// How far the service's clock is ahead of ours, seconds; `None` before the first reply.
    pub fn clock_skew_s(&self) -> Option<i64> {
        Some(self.0.skew_s.load(Ordering::Relaxed)).filter(|skew_s| *skew_s != NO_SKEW)
    }

    /// What is going on.
    pub fn status(&self) -> Status {
        Status {
            requests: self.0.requests.load(Ordering::Relaxed),
            retries: self.0.retries.load(Ordering::Relaxed),
            throttled: self.0.throttled.load(Ordering::Relaxed),
            clock_skew_s: self.clock_skew_s(),
            classes: Throttle::ALL.map(|class| self.limiter(class).status()),
            retrying: self.0.naps.status(),
        }
    }

    /// How many requests of a class may start at once.
    pub fn burst(&self, class: Throttle) -> u32 {
        self.limiter(class).weight_max()
    }

    /// The average time that the class's budget leaves between two starts, and how many lists (at least one) share it;
    /// `None`: it has no budget.
    pub(crate) fn spacing(&self, class: Throttle) -> Option<(Duration, u32)> {
        let lists = self.0.lists[class.number()].load(Ordering::Relaxed).max(1);
        self.limiter(class).spacing().map(|spacing| (spacing, lists))
    }

    /// A dataset of the class is under way until the value is dropped.
    pub(crate) fn begin(&self, class: Throttle) -> UnderWay {
        self.0.lists[class.number()].fetch_add(1, Ordering::Relaxed);
        UnderWay(self.clone(), class)
    }

    /// Pauses a class: an item of a `$batch` was throttled.
    pub fn pause(&self, class: Throttle, pause: Duration) {
        self.0.throttled.fetch_add(1, Ordering::Relaxed);
        self.limiter(class).pause(pause);
    }

    /// How long the next try waits when a `$batch` item fails for the `times`-th time (from 1): `Retry-After` if
    /// the item has one.
    pub(crate) fn item_pause(&self, asked: Option<&str>, times: u32, throttled: bool) -> Duration {
        let patience = &self.0.setup.patience;
        let mut pace = Pace::new(patience, 0.5, u32::MAX);
        let asked = asked.and_then(|text| retry_after(text, None, self.0.setup.clock.now()));
        let mut pause = Duration::ZERO;
        for _ in 0..times {
            let next = if throttled { pace.after_throttle(asked) } else { pace.after_fault(Fault::Broken, asked) };
            pause = next.unwrap_or(pause);
        }
        pause
    }

    /// Sleeps where everyone can see it.
    pub(crate) async fn nap(&self, pause: Duration, why: Fault) {
        self.0.naps.sleep(pause, why).await;
    }

    /// How often a `$batch` item may fail or be throttled.
    pub(crate) fn item_tries_max(&self, throttled: bool) -> u32 {
        let patience = &self.0.setup.patience;
        if throttled { patience.throttled_max } else { patience.tries_max }
    }

    /// Whether `url` may be asked at all: on the target's origin and not a secret.
    pub(crate) fn permits(&self, target: &Target, url: &Url) -> Result<(), FailureKind> {
        if !guard::is_home(target, url) {
            return Err(FailureKind::Foreign);
        }
        if (self.0.setup.denied)(&guard::plain_path(target, url)) {
            return Err(FailureKind::Secret);
        }
        Ok(())
    }

    /// A permit to hold one page of the class in memory: a class that waits must not hold up the others. Cancel-safe.
    pub(crate) async fn page_permit(&self, class: Throttle) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.pages[class.number()]).acquire_owned().await.ok()
    }

    fn limiter(&self, class: Throttle) -> &Limiter {
        &self.0.limiters[class.number()]
    }

    /// Sends the request until `read` accepts a body, the service refuses, or patience ends. `doubtful` says
    /// which refusals are tried again a few times.
    ///
    /// Cancel-safe: dropping it abandons the request and loses nothing else.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn fetch<T, E>(
        &self,
        ask: &Ask<'_>,
        read: impl Fn(&Bytes) -> Result<T, E>,
        doubtful: impl Fn(&Refusal) -> bool,
    ) -> Result<Answer<T>, Failure> {
        self.fetch_as(&Proof::Bearer, ask, read, doubtful).await
    }

    /// The same, for a service that takes other proofs than a token.
    ///
    /// Cancel-safe: as [`Client::fetch`].
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn fetch_as<T, E>(
        &self,
        proof: &Proof<'_>,
        ask: &Ask<'_>,
        read: impl Fn(&Bytes) -> Result<T, E>,
        doubtful: impl Fn(&Refusal) -> bool,
    ) -> Result<Answer<T>, Failure> {
        // Without the origin: the embedded tenant listens on another port every time.
        let path = guard::plain_path(ask.target, ask.url);
        let parts: [&[u8]; 2] = [path.as_bytes(), ask.body.as_deref().unwrap_or_default()];
        let digest = id::digest(&self.0.setup.run_id, &parts, ask.nonce);
        let mut pace = Pace::new(&self.0.setup.patience, id::fraction(digest), ask.slow_max);
        let outcome = self.insist((proof, ask), digest, &mut pace, read, doubtful).await;
        let retries = pace.tries.saturating_sub(1);
        match outcome {
            Ok((value, Done { request_id, latency, headers })) => {
                Ok(Answer { value, request_id, retries, latency, headers })
            }
            Err(kind) => Err(Failure { kind, retries }),
        }
    }

    async fn insist<T, E>(
        &self,
        (proof, ask): (&Proof<'_>, &Ask<'_>),
        digest: [u8; 16],
        pace: &mut Pace<'_>,
        read: impl Fn(&Bytes) -> Result<T, E>,
        doubtful: impl Fn(&Refusal) -> bool,
    ) -> Result<(T, Done), FailureKind> {
        self.permits(ask.target, ask.url)?;
        loop {
            pace.tries += 1;
            match self.try_once((proof, ask), digest, pace.tries, &read).await? {
                Attempt::Done(value, done) => return Ok((value, done)),
                Attempt::Again { fault, refusal, pause } => match pace.after_fault(fault, pause) {
                    Some(pause) => self.nap(pause, fault).await,
                    None => return Err(FailureKind::GaveUp { fault, refusal }),
                },
                Attempt::Throttled { refusal, pause } => match pace.after_throttle(pause) {
                    Some(pause) => self.pause(ask.class, pause),
                    None => {
                        self.0.throttled.fetch_add(1, Ordering::Relaxed);
                        let fault = Fault::Status(refusal.status);
                        return Err(FailureKind::GaveUp { fault, refusal: Some(refusal) });
                    }
                },
                Attempt::Unauthorised { refusal, .. } if pace.renewed || !matches!(proof, Proof::Bearer) => {
                    return Err(FailureKind::Refused(refusal));
                }
                Attempt::Unauthorised { claims, .. } => {
                    pace.renewed = true;
                    self.0.setup.tokens.invalidate(&ask.target.scope, claims.as_deref()).await;
                }
                Attempt::Refused(refusal) => match pace.after_refusal().filter(|_| doubtful(&refusal)) {
                    Some(pause) => self.nap(pause, Fault::Status(refusal.status)).await,
                    None => return Err(FailureKind::Refused(refusal)),
                },
            }
        }
    }

    async fn try_once<T, E>(
        &self,
        (proof, ask): (&Proof<'_>, &Ask<'_>),
        digest: [u8; 16],
        number: u32,
        read: impl Fn(&Bytes) -> Result<T, E>,
    ) -> Result<Attempt<T>, FailureKind> {
        // The token comes first: a renewal between the booking and the start would shift the start.
        let token = match proof {
            Proof::Bearer => Some(self.0.setup.tokens.token(&ask.target.scope).await.map_err(FailureKind::Auth)?),
            Proof::Address | Proof::Key(_) => None,
        };
        self.limiter(ask.class).admit(ask.weight).await;
        let began = Instant::now();
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        self.0.retries.fetch_add(u64::from(number > 1), Ordering::Relaxed);
        let mut request = self.request(ask, digest, number);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token.header_value());
        }
        let (http, request) = request.build_split();
        let Ok(mut request) = request else { return Err(FailureKind::Foreign) };
        if let Proof::Key(key) = proof {
            key.sign(&mut request);
        }
        let longest_ms = self.0.setup.patience.request_ms_max;
        let longest_ms = if ask.is_query() { longest_ms.max(QUERY_MS_MAX) } else { longest_ms };
        let until = began + Duration::from_millis(longest_ms);
        let response = match timeout_at(until, http.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Ok(Attempt::again(Fault::of(&error))),
            Err(_) => return Ok(Attempt::again(Fault::Stalled)),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let date = header(&headers, &DATE).and_then(http_date);
        self.note_skew(date);
        let body = body::read(response, self.0.setup.patience.body_bytes_max, &self.0.buffers);
        let body = timeout_at(until, body).await;
        let body = match body.unwrap_or(Err(BodyFault::Fault(Fault::Stalled))) {
            Ok(body) => body,
            Err(BodyFault::TooLarge) if status < 300 => return Err(FailureKind::TooLarge),
            // What such a status means stands in the body.
            Err(BodyFault::Fault(fault)) if recovery(status).is_none() => return Ok(Attempt::again(fault)),
            // The status says enough.
            Err(_) => Bytes::new(),
        };
        Ok(Reply { status, headers, body, date, began }.judge(self.0.setup.clock.now(), read))
    }

    fn request(&self, ask: &Ask<'_>, digest: [u8; 16], number: u32) -> reqwest::RequestBuilder {
        let http = if ask.is_query() { &self.0.patient } else { &self.0.setup.http };
        let request_id = id::guid(id::digest(&self.0.setup.run_id, &[&digest], u64::from(number)));
        let mut request = match &ask.body {
            None => http.get(ask.url.clone()),
            Some(json) => http.post(ask.url.clone()).header(CONTENT_TYPE, "application/json").body(json.clone()),
        };
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        // `$count` answers in plain text, and to nobody who insists on JSON.
        if !ask.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            request = request.header(ACCEPT, "application/json");
        }
        request
            .header("client-request-id", request_id)
            // The customer's other apps go first.
            .header("x-ms-throttle-priority", "low")
    }

    fn note_skew(&self, date: Option<OffsetDateTime>) {
        if let Some(date) = date {
            self.0.skew_s.store((date - self.0.setup.clock.now()).whole_seconds(), Ordering::Relaxed);
        }
    }
}

/// Counts one dataset of its class while it lives.
pub(crate) struct UnderWay(Client, Throttle);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.lists[self.1.number()].fetch_sub(1, Ordering::Relaxed);
        if self.0.0.lists.iter().all(|lists| lists.load(Ordering::Relaxed) == 0) {
            self.0.0.buffers.clear();
        }
    }
}
