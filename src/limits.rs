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
/// How long before its expiry an access token is renewed, seconds: what Microsoft's own libraries use. A
/// token that lives for less than twice that long is renewed at half its life.
pub const TOKEN_RENEW_S: i64 = 300;
/// Longest reply of a sign-in server that is read, bytes: a token with 200 groups is about 12 kB.
pub const TOKEN_REPLY_BYTES_MAX: usize = 1 << 20;
/// How long the Azure CLI may take, seconds: a cold start takes 5 s on Windows, a refresh 2 s more.
pub const CLI_ANSWER_S: u64 = 90;
/// How long the probe for a managed identity waits, milliseconds: the endpoint is on the same host.
pub const IDENTITY_PROBE_MS: u64 = 1_000;
/// The same when a managed identity was asked for, milliseconds: a machine that is just starting is slow.
pub const METADATA_WAIT_MS: u64 = 10_000;
/// Life of a signed client assertion, seconds (Entra recommends 5 to 10 minutes).
pub const ASSERTION_LIFE_S: i64 = 300;
/// Largest certificate file that is read, bytes: a key of 4,096 bits and ten certificates are 30 kB.
pub const CERTIFICATE_FILE_BYTES_MAX: u64 = 1 << 20;
