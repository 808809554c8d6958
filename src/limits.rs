//! Every cap of the program, each with its unit and the arithmetic behind it.

/// Longest reply body that is read, bytes: 1,000 sign-ins of 16 kB each, four times over.
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Deepest JSON nesting that is accepted; the deepest documented Graph reply has 11 levels.
pub const JSON_DEPTH_MAX: usize = 128;
/// Clean bytes that make one block. 1 MiB independent deflate blocks cost about 3 % of size against one
/// stream and can be made, checked and remade one by one.
pub const BLOCK_BYTES: usize = 1 << 20;
/// Members of one `$batch` (documented maximum).
pub const BATCH_ITEMS_MAX: usize = 20;
/// Pages of one list: 100,000 pages of 1,000 records; a list that is longer is a loop.
pub const PAGES_MAX: u64 = 100_000;
/// How often one request is tried before its slice is given up.
pub const TRIES_MAX: u32 = 8;
/// How long connecting may take, milliseconds: a TLS handshake over a satellite link takes 3 s, with two lost packets 10.
pub const CONNECT_TIMEOUT_MS: u64 = 15_000;
/// How long a reply may be silent, milliseconds. Graph's gateway gives up after 60 s itself; a slice that needs longer is split.
pub const READ_TIMEOUT_MS: u64 = 60_000;
/// First and longest pause before a failed request is tried again, milliseconds: 0.4 s doubled to 15 s, 40 s over [`TRIES_MAX`] tries.
pub const BACK_OFF_MS: (u64, u64) = (400, 15_000);
/// The same after a 429 without `Retry-After`: other apps share the budget, so the pauses are longer.
pub const THROTTLE_BACK_OFF_MS: (u64, u64) = (1_000, 60_000);
/// How often one request may be throttled: about 15 minutes of one-minute pauses.
pub const THROTTLED_MAX: u32 = 24;
/// Longest `Retry-After` that is obeyed, seconds; the longest seen in the field is 150.
pub const RETRY_AFTER_S_MAX: f64 = 300.0;
/// A longer `Retry-After` is taken for a mistake and read as none, seconds.
pub const RETRY_AFTER_ABSURD_S: f64 = 3_600.0;
/// How often a refusal that is known to be false at times (premium 403) is tried.
pub const REFUSAL_TRIES_MAX: u32 = 3;
/// How often a request that can be split is tried when it is too slow, before it is split.
pub const SLOW_TRIES_MAX: u32 = 2;
/// Pages (and `$batch` replies) in memory at once, for each throttle class: 8 of 5 MB are 40 MB of sign-ins, 8 of
/// 3 MB are 24 MB of users, and risk records are small.
pub const PAGES_IN_FLIGHT_MAX: usize = 8;
/// Lists of one dataset that are walked side by side: ⌈0.5/s · 10 s⌉ keep the reports budget busy at 10 s a page.
pub const LANES: usize = 5;
/// How often a list is begun again because its page token expired.
pub const RESTARTS_MAX: u32 = 3;
/// Pages in a row without a record that is new in this pass: no documented list has that many, a loop does.
pub const BARREN_PAGES_MAX: u32 = 500;
