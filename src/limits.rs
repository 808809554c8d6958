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
/// JSON inside a string inside JSON…: four layers; audit records have two.
pub const TEXT_LAYERS_MAX: u8 = 4;
/// Entries of a thread's memory of mapped values: 4,096 × about 150 bytes = 0.6 MiB; a bigger one misses the CPU's caches.
pub const MEMORY_ENTRIES: usize = 4096;
/// Longest value that the memory keeps, bytes; longer ones rarely come twice.
pub const MEMORY_VALUE_BYTES_MAX: usize = 160;
/// Longest dictionary term, words: "Given Middle Family (Team, Site)" has six.
pub const TERM_WORDS_MAX: usize = 8;
/// Objects are looked through for a sibling at most this far, members: the widest documented record has 150.
pub const SIBLINGS_MAX: usize = 1024;
/// Longest canonical name that becomes a reversible token, bytes: four times the longest attribute that names somebody
/// (256 characters, displayName); a longer one becomes a keyed digest.
pub const ATOM_BYTES_MAX: usize = 1024;
/// Longest key file, bytes: about 300 are used.
pub const KEY_FILE_BYTES_MAX: usize = 4096;
/// Longest line of the reveal log that is read, bytes: 1,000 tokens of 1 KiB; a longer one is a damaged file.
pub const REVEAL_LINE_BYTES_MAX: u64 = 1 << 20;
/// Longest manifest that is read for the name of its key, bytes: 100,000 datasets of 640 bytes.
pub const MANIFEST_BYTES_MAX: u64 = 64 << 20;
