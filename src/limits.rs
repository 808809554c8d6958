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
/// Longest value that the memory keeps, bytes: user agents have 120 to 250; longer ones rarely come twice.
pub const MEMORY_VALUE_BYTES_MAX: usize = 384;
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
/// Deflate level of the spool. zlib-rs on sign-ins, of the time that level 6 takes and the size that it gives: level 1 a
/// third and 1.9, level 3 0.6 and 1.27, level 4 0.75 and 1.10, level 7 1.2 and 0.90, level 9 2.1 and 0.94.
pub const DEFLATE_LEVEL: u32 = 6;
/// The same for `--compression fast` and `small`.
pub const DEFLATE_LEVEL_FAST: u32 = 3;
/// See [`DEFLATE_LEVEL_FAST`].
pub const DEFLATE_LEVEL_SMALL: u32 = 7;
/// How far one block may shrink before it is stored instead, and how far an entry that is read may grow. JSON
/// records reach 13 : 1, records that differ in one UUID about 75 : 1; deflate itself ends at 1,032 : 1.
pub const DEFLATE_RATIO_MAX: u64 = 256;
/// Compressed bytes between two forced writes of the spool to the disk: 32 MiB are about 400 MB of records, so a
/// power cut costs seconds of work, and 10,000 small slices cost no 10,000 waits.
pub const SPOOL_SYNC_BYTES: u64 = 32 << 20;
/// Longest payload path, ASCII characters: 180 for the whole name in the zip (Windows' 260 less a folder to unpack
/// to) less the top folder and a slash.
pub const ENTRY_PATH_CHARS_MAX: usize = 115;
/// Longest top folder name, ASCII characters.
pub const TOP_FOLDER_CHARS_MAX: usize = 64;
/// Most entries of a bundle that is read; the catalog makes about 200, a redacted folder some thousands.
pub const ZIP_ENTRIES_MAX: u64 = 100_000;
/// Longest central directory that is read, bytes: 100,000 entries of 46 bytes, a 180 byte name and 28 of ZIP64.
pub const ZIP_DIRECTORY_BYTES_MAX: u64 = ZIP_ENTRIES_MAX * (46 + 180 + 28);
/// Longest tag file that is read whole, bytes: 100,000 entries of 256 bytes in manifest.json, doubled.
pub const TAG_BYTES_MAX: u64 = 64 << 20;
/// Longest record that is read back, bytes: the longest reply body, since a record came in one.
pub const RECORD_BYTES_MAX: usize = BODY_BYTES_MAX;
/// Most findings that a verification lists: the first hundred explain the rest.
pub const FINDINGS_MAX: usize = 100;
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
/// How long connecting may take, milliseconds: a TLS handshake over a satellite link takes 3 s, with two lost packets 10.
pub const CONNECT_TIMEOUT_MS: u64 = 15_000;
/// How long a reply may be silent, milliseconds. Graph's gateway gives up after 60 s itself; a slice that needs longer is split.
pub const READ_TIMEOUT_MS: u64 = 60_000;
/// How long one try of a request may take altogether, milliseconds: the longest body (64 MiB) at 2 Mbit/s. A reply that
/// drips is never silent for long, so silence alone does not end it.
pub const REQUEST_MS_MAX: u64 = 300_000;
/// How long one dataset may take, seconds: a day, in which the reports budget allows 43 million sign-ins (5 pages of
/// 1,000 in 10 s).
pub const DATASET_S_MAX: u64 = 86_400;
/// How long a log's records may arrive late, seconds: Microsoft names 5 minutes for 99 %, the field up to 15.
pub const LATE_MARGIN_S: i64 = 900;
/// A log's youngest records are asked for again when its collection took longer than this, milliseconds: sooner there is
/// little to gain, and each look costs a request of the scarcest budget.
pub const LATE_LOOK_MS: u64 = 60_000;
/// First and longest pause before a failed request is tried again, milliseconds: 0.4 s doubled to 15 s, 40 s over
/// [`TRIES_MAX`] tries.
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
/// How many stretches of a log's piece that cannot be split any more may be too slow, before its others are not split
/// either: a week in minutes would be 10,000 requests.
pub const SPLIT_FAILURES_MAX: u32 = 2;
/// Pages (and `$batch` replies) in memory at once, for each throttle class: 8 of 5 MB are 40 MB of sign-ins, 8 of
/// 3 MB are 24 MB of users, and risk records are small.
pub const PAGES_IN_FLIGHT_MAX: usize = 6;
/// Lists of one dataset that are walked side by side: ⌈0.5/s · 10 s⌉ keep the reports budget busy at 10 s a page.
pub const LANES: usize = 5;
/// How often a list is begun again because its page token expired.
pub const RESTARTS_MAX: u32 = 3;
/// How often a list is begun again because a link leads back, elsewhere or nowhere, or because it was shorter than the
/// service's own count: seen to pass, never seen to pass at the second time.
pub const DOUBTS_MAX: u32 = 1;
/// Smallest page that a service which is too slow is asked for, records: a tenth of the usual, more requests than that
/// cost more than they save.
pub const PAGE_SIZE_MIN: u32 = 100;
/// Lists in a row that were given up before no more are asked for: a hundred, five batches that each took a minute.
pub const GIVEN_UP_MAX: usize = 5 * BATCH_ITEMS_MAX;
/// Pages in a row without a record that is new in this pass: no documented list has that many, a loop does.
pub const BARREN_PAGES_MAX: u32 = 500;
/// Candidates that the leak check remembers as sound: 65,536 of about 80 bytes are 5 MiB; a tenant's logs repeat fewer.
pub const VERIFIED_MAX: usize = 1 << 16;
/// What a filter reads before it writes, bytes, unless the input pauses: enough that a directory export is known whole.
pub const FILTER_WINDOW_BYTES: usize = 16 << 20;
/// How long a filter waits for more before it writes what it has, milliseconds: a person at a terminal notices one second.
pub const FILTER_PAUSE_MS: u64 = 500;
/// Longest policy file that is read, bytes: 40 kinds of 24 characters are 1 kB, the rest is for remarks.
pub const POLICY_FILE_BYTES_MAX: u64 = 64 << 10;
/// Values with a trait that are listed: 100,000 lines of 100 bytes are 10 MB; a directory with more is wrong as a whole.
pub const TRAITS_MAX: usize = 100_000;
/// Values of unique attributes that are compared between objects: 2^20 entries of 24 bytes are 40 MiB and three values
/// for each of 350,000 users; of a bigger directory a sample of the values is compared.
pub const TRAIT_VALUES_MAX: usize = 1 << 20;
/// Objects that are compared at one value: the first eight tell every way in which spellings can differ.
pub const TRAIT_OBJECTS_MAX: usize = 8;
/// What is remembered of an open JSON object before the member that is cut, bytes: 1,000 columns of a table of 64 bytes each.
pub const OPEN_BYTES_MAX: usize = 64 << 10;
/// Deepest XML nesting that is accepted: the deepest known export (a connector's configuration) has 14 levels.
pub const XML_DEPTH_MAX: usize = 128;
/// Children of an XML element whose text is kept to decide about their siblings: an event has at most 60 fields.
pub const XML_SIBLINGS_MAX: usize = 256;
/// Longest such text, bytes: it is an attribute's name or a class.
pub const XML_SIBLING_BYTES_MAX: usize = 64;
/// Members of an object that are looked at to find out what it is: the widest tables have 143 columns, and what tells
/// stands early.
pub const RECOGNISED_MEMBERS_MAX: usize = 160;
/// Bytes of a file by which its kind, encoding and form are recognised: the columns of a wide CSV export take 4 kB, a
/// sign-in record 16 kB; sixteen of those.
pub const FILE_HEAD_BYTES: usize = 256 << 10;
/// Bytes that are read and decoded at once: fits the second-level cache twice.
pub const FILE_BLOCK_BYTES: usize = 64 << 10;
/// Length of a stretch of a file, bytes: one block of the spool.
pub const STRETCH_BYTES: usize = BLOCK_BYTES;
/// Longest unit (document, line, row, entry) that is given whole, bytes: a Graph page of 1,000 sign-ins takes 5 MB.
/// Longer documents are cut; with the stretch that is cut off it bounds the memory of a file, about 20 MiB.
pub const DOCUMENT_BYTES_MAX: usize = 8 << 20;
/// How far before the limit of a line a place is sought where it may be cut, bytes: every identifier is shorter.
pub const LINE_SEAM_BYTES: usize = 64 << 10;
/// Archives in archives: a support case (zip) of a machine (zip) with a log folder (tar) of rotated logs (gzip).
pub const ARCHIVE_DEPTH_MAX: u32 = 4;
/// Most files in one archive.
pub const ARCHIVE_MEMBERS_MAX: usize = 65_536;
/// Longest archive or event log inside another archive, bytes: it is held in memory, because nothing raw may touch the
/// disk, and four of them nest.
pub const ARCHIVE_MEMORY_BYTES_MAX: u64 = 128 << 20;
/// Bytes that one file on the disk may unpack to, all layers together: [`DEFLATE_RATIO_MAX`] times its length and this
/// much, which small archives of repeated text need.
pub const UNPACKED_BYTES_FREE: u64 = 64 << 20;
/// The same at most, bytes: at 100 MB/s twenty minutes.
pub const UNPACKED_BYTES_MAX: u64 = 128 << 30;
/// Most files of all inputs: a bundle holds [`ZIP_ENTRIES_MAX`] entries, of which collected data and tags take some.
pub const FILES_MAX: usize = 90_000;
/// Longest part of a file's name, characters: what file systems allow.
pub const NAME_PART_CHARS_MAX: usize = 255;
/// Most bytes that one compressed member inside a text may unpack to: a record is 16 kB, a page of them in a parameter
/// is unheard of, so 1 MiB leaves room. A longer one is removed.
pub const MEMBER_BYTES_MAX: usize = 1 << 20;
/// How far such a member may grow: JSON reaches 75 : 1 (see [`DEFLATE_RATIO_MAX`]). With this and
/// [`UNPACK_LAYERS_MAX`] a text of n bytes costs at most 96 n bytes of unpacking.
pub const UNPACKED_RATIO_MAX: usize = 128;
/// Compressed members are opened in a text and in what stands one layer deeper (percent-encoded, JSON in a string), and
/// what they hold counts as standing this deep, so that a member in a member is never opened but removed.
pub const UNPACK_LAYERS_MAX: u8 = 2;
/// Longest name that a tar header tells, bytes: paths end at 4,096 on Linux and 32,767 on Windows, as three bytes each.
pub const TAR_NAME_BYTES_MAX: u64 = 3 * 32_768;
/// Bytes of a blob that are asked for at once: 800 sign-ins of 5 kB; [`RANGES_IN_FLIGHT_MAX`] of them are 24 MiB and keep
/// 240 MB/s busy at 100 ms a reply.
pub const RANGE_BYTES: u64 = 4 << 20;
/// Ranges of one container's blobs that are asked for side by side, in the order in which they are read.
pub const RANGES_IN_FLIGHT_MAX: usize = 6;
/// Blobs and folders of one page of a listing (documented maximum).
pub const BLOBS_IN_PAGE_MAX: u32 = 5_000;
/// Folders in folders of a container: `resourceId=/tenants/ID/providers/NAME/y/m/d/h/m` has ten, a capture nine.
pub const FOLDER_DEPTH_MAX: usize = 16;
/// How late a record may arrive where diagnostic settings send it, hours (documented for audits).
pub const ROUTED_LATE_HOURS: i64 = 48;
/// How long after its hour a blob may still end in the middle of a line, seconds: exporters append every few minutes.
pub const BLOB_SETTLED_S: i64 = 3_600;
/// Blobs in a row that were given up before no more are asked for: each has cost a minute of tries.
pub const BLOBS_GIVEN_UP_MAX: u32 = 5;
/// Longest block of a capture file that is read, bytes: event hubs write blocks of a few events of 1 MiB at most.
pub const AVRO_BLOCK_BYTES_MAX: usize = 64 << 20;
/// Deepest Avro schema that is followed; a capture's has three levels.
pub const AVRO_DEPTH_MAX: usize = 16;
/// Questions to one workspace at a time: more of one user are queued by the service for up to three minutes.
pub const WORKSPACE_QUESTIONS_MAX: usize = 5;
/// Rows that one answer of a workspace is meant to have: a tenth of the 500,000 at which the service cuts it off.
pub const WORKSPACE_ANSWER_ROWS: u64 = 50_000;
/// Bytes that one answer of a workspace is meant to have: an eighth of the 100 MB at which the service cuts it off, and
/// five at a time are 60 MiB of memory; a million sign-ins of 5 kB are 400 questions, a minute of the published budget.
pub const WORKSPACE_ANSWER_BYTES: u64 = 12 << 20;
/// Rows of an answer that are made into records at once: 1,000 of 5 kB are 5 MB beside the answer.
pub const WORKSPACE_ROWS_AT_ONCE: usize = 1_000;
/// How often a log of a workspace is read until its count is met: records that arrive meanwhile are in the second reading.
pub const WORKSPACE_READINGS_MAX: u32 = 3;
/// Bytes asked of a partition at a time: four of the largest messages of the standard tier (1 MB).
pub const HUB_FETCH_BYTES: i32 = 4 << 20;
/// Longest answer of a broker, bytes: the premium tier's largest message (20 MB), a batch of them unpacked, and room.
pub const HUB_MESSAGE_BYTES_MAX: usize = 64 << 20;
/// Longest wait for one answer of a broker, seconds: twice what a connection with its sign-in may be tried.
pub const HUB_REQUEST_S_MAX: u64 = 60;
/// How long the client itself tries a connection again, seconds: short, because a refusal is told only then. Together
/// with [`HUB_TRIES_MAX`] and the pauses between (0.4 to 6.4 s) a broker that is away is waited for half a minute.
pub const HUB_PATIENCE_S: u64 = 3;
/// Failures in a row at one offset before a partition is given up.
pub const HUB_TRIES_MAX: u32 = 6;
/// How long before the window a partition is read, seconds: a message arrives after its events, clocks differ by minutes.
pub const HUB_EARLY_S: i64 = 3_600;

/// Pages of a list that is read before the collection (licences, diagnostic settings): a tenant has some dozens of either,
/// and a page holds a hundred.
pub const INVENTORY_PAGES_MAX: usize = 20;
/// How long the Management Activity API keeps content, seconds: 7 days.
pub const OFFICE_KEPT_S: i64 = 7 * 86_400;
/// How much later than that a list begins, seconds: clocks differ, and the lists of a day are asked for one after another.
pub const OFFICE_MARGIN_S: i64 = 300;
/// A window that begins this much before what is kept is a week that has aged a little, seconds.
pub const OFFICE_GRACE_S: i64 = 3_600;
/// How long after an event its content may become available, seconds: 60 to 90 minutes are usual, a day in bad times; twice
/// that costs a few lists more for a window that ended long ago, and nothing for one that ends now.
pub const OFFICE_LATE_S: i64 = 2 * 86_400;
/// Parts of the feed that a reason names: five fit into a line of the report, the rest is counted.
pub const OFFICE_GAPS_NAMED_MAX: usize = 5;
/// First and longest pause between two looks at a Purview search, milliseconds: searches take minutes to hours.
pub const PURVIEW_POLL_MS: (u64, u64) = (2_000, 60_000);
/// How long a Purview search is waited for, seconds: 4 hours; the longest reported ones take one or two.
pub const PURVIEW_WAIT_S_MAX: u64 = 14_400;
/// So much of a file's beginning is looked at to know an item of a server, or what is denied, bytes: 200 lines; what tells
/// stands in the first ten.
pub const HOST_HEAD_BYTES: usize = 16 << 10;
/// Records of an imported file that are listed as rejected, each with line and reason; the others are counted. A hundred
/// show what is wrong with the file, and 90,000 files of them are 9 million rows of 40 bytes at the very worst.
pub const REJECTED_MAX: usize = 100;
/// Batches of an imported file between reading and delivering: each is at most a stretch (or a document) and what became
/// of it, so 3 of 8 MiB are 24 MiB.
pub const IMPORT_BATCHES_MAX: usize = 3;
/// Longest incident id of the Authenticator app that is accepted, characters; the ones seen have 8.
pub const INCIDENT_CHARS_MAX: usize = 64;
/// How long a query of Log Analytics may take, and be silent, milliseconds: the 10 minutes that are asked for (`Prefer:
/// wait=600`), the service's own limit, and half a minute for the way. Others of the same user may be in front of it.
pub const QUERY_MS_MAX: u64 = 630_000;
/// Targets that an answer to an audit question lists: 200 of 150 bytes are 30 kB, more than anyone reads; the rest is counted.
pub const ANSWER_LIST_MAX: usize = 200;
/// Different targets that an answer counts: 2^20 marks of 9 bytes are 9 MiB, three times the users of the largest tenants
/// that were measured; beyond it the count is a lower bound and says so.
pub const ANSWER_DISTINCT_MAX: usize = 1 << 20;
/// Different activities and properties that an answer counts: Entra documents about 1,000 activities; the rest is summed up.
pub const ANSWER_NAMES_MAX: usize = 500;
/// Longest value that an answer quotes, characters: names end at 256.
pub const ANSWER_VALUE_CHARS_MAX: usize = 300;
/// Lines that one thread of the leak check takes at a time, bytes: 6 ms of work, so that handing over (microseconds) is
/// nothing and the last one to end holds nobody up.
pub const LEAK_STRETCH_BYTES: usize = 512 << 10;
/// Bytes on their way to and in the leak check's threads: 96 stretches, enough for 32 processors. A longer line goes alone.
pub const LEAK_WAITING_BYTES_MAX: usize = 48 << 20;
/// Longest record that is made of a host's file, bytes: a group with 40,000 members of 100 bytes. What is longer goes on in
/// a further record.
pub const HOST_RECORD_BYTES_MAX: usize = 4 << 20;
/// Lines that no reader understands are gathered up to this length, bytes: a stack trace of 600 lines.
pub const HOST_TEXT_BYTES_MAX: usize = 64 << 10;
/// Deepest XML of which records are made: a configuration has 14 levels; each becomes an object and an array of JSON, and
/// the wrapping takes some of [`JSON_DEPTH_MAX`].
pub const HOST_DEPTH_MAX: usize = 48;
/// Longest label in a command's output, characters: `Execution Context Account Distinguished Name` has 44.
pub const HOST_LABEL_CHARS_MAX: usize = 64;
/// Objects of the embedded tenant that one LDIF file holds: 5,000 of 2 kB are 10 MB.
pub const SERVER_LDIF_OBJECTS_MAX: u64 = 5_000;
/// Objects of a connector space that the embedded tenant's export shows: 500 of 2 kB are 1 MB.
pub const SERVER_SPACE_OBJECTS_MAX: u64 = 500;
/// Groups of events whose times a finding keeps, and computers: a forest's connectors are a handful, an export has one or two
/// dozen computers; 256 of 4,096 times of 8 bytes are 8 MiB for each of three findings at the very worst.
pub const FINDING_GROUPS_MAX: usize = 256;
/// Times of a group: heartbeats of 85 days.
pub const FINDING_TIMES_MAX: usize = 4_096;
/// How long the pipes of a program that has ended, or was killed, are waited for, milliseconds: what it left running may hold
/// them open, and a killed tree is gone within milliseconds.
pub const HOST_DRAIN_MS: u64 = 2_000;
/// Bytes that are kept of what a program writes to standard error: some hundred lines; the rest is read and forgotten.
pub const HOST_STDERR_BYTES_MAX: usize = 64 << 10;
/// Providers, and ids or ranges of ids, in one query of an event channel: with the times 18 conditions, ranges counted
/// once; Windows refuses queries of more than about 20.
pub const HOST_EVENT_CONDITIONS_MAX: usize = 8;
/// Events of one query, newest first: 100,000 of 1.5 kB are 150 MB as text, a week of a busy server.
pub const HOST_EVENTS_MAX: usize = 100_000;
/// Bytes of one item on the machine that is collected from, where its row says nothing: sixteen trace logs of 4 MiB.
pub const HOST_ITEM_BYTES: u64 = 64 << 20;
/// How long one program of the machine may take where its row says nothing, seconds.
pub const HOST_PROGRAM_S: u32 = 120;
/// Keys below one key of the registry: the largest trees of the rows (installed programs) have some hundreds.
pub const HOST_REGISTRY_KEYS_MAX: usize = 20_000;
/// Longest command line of Windows, UTF-16 units (`CreateProcessW`).
pub const COMMAND_LINE_UNITS_MAX: usize = 32_767;
/// How long each step of trying out a host may take, milliseconds: a firewall that drops packets answers never, and
/// 40 hosts are tried at the same time.
pub const HOST_PROBE_MS: u64 = 8_000;
/// Longest serialised certificate that is read, bytes: one of 64 kB would be a record.
pub const CERTIFICATE_BYTES_MAX: u64 = 1 << 20;
/// Longest `machine.config` that is read, bytes: Windows ships one of 40 kB.
pub const MACHINE_CONFIG_BYTES_MAX: u64 = 4 << 20;
/// Longest `--ldap-filter`, bytes: the longest that a directory's own tools write have some hundred.
pub const LDAP_FILTER_BYTES_MAX: usize = 8 << 10;
/// How deep a filter nests: by hand nobody writes more than five levels.
pub const LDAP_FILTER_DEPTH_MAX: usize = 32;
/// Objects of a page of LDAP results: Active Directory gives 1,000 at most (MaxPageSize), however many are asked for.
pub const LDAP_PAGE_SIZE: u32 = 1_000;
/// Values of a range: Active Directory gives 1,500 at most (MaxValRange).
pub const LDAP_RANGE_SIZE: u32 = 1_500;
/// Longest silence of a directory, milliseconds: its own limit for a query (MaxQueryDuration) is 120 s, and a bit for the way.
pub const LDAP_SILENCE_MS_MAX: u64 = 150_000;
/// How long a connection to a directory may take to be made, TLS included, milliseconds.
pub const LDAP_CONNECT_MS_MAX: u64 = 30_000;
/// Longest LDAP message that is accepted: Active Directory's own cap is 10 MB (MaxReceiveBuffer); an object with 1,500
/// values of each of 20 attributes, 300 bytes each, has 9 MB.
pub const LDAP_MESSAGE_BYTES_MAX: usize = 32 << 20;
/// How often a search is begun again on a new connection.
pub const LDAP_TRIES_MAX: u32 = 3;
/// Pause before it, milliseconds: a domain controller that restarts needs longer, one that closed an idle connection none.
pub const LDAP_PAUSE_MS: u64 = 1_000;
/// Pages of one search: a thousand times 20,000 are 20 million objects, ten times what one domain holds in practice.
pub const LDAP_PAGES_MAX: u64 = 20_000;
/// Values of one attribute of one object that are followed: groups of up to 500,000 members are synchronised at most
/// (250,000), and 500,000 names of 100 bytes are 50 MB, within what one record may have.
pub const LDAP_VALUES_MAX: usize = 500_000;
/// Clocks that differ by more than this are said, seconds: Kerberos allows 5 minutes.
pub const LDAP_SKEW_S_MAX: i64 = 300;
/// Records of a directory on their way to the gate, bytes: a page of 1,000 users has 2 to 4 MB.
pub const LDAP_BATCH_BYTES: usize = 4 << 20;
/// Pages without a single object after each other: Active Directory sends a few while it searches; a thousand are no search.
pub const LDAP_EMPTY_PAGES_MAX: u64 = 1_000;
/// Longest `--ldap-ca`, bytes: the authorities of all public programs together have 250 kB.
pub const LDAP_CA_BYTES_MAX: u64 = 1 << 20;
/// Texts that one thread of the leak check remembers as sound: with [`SOUND_TEXT_BYTES_MAX`] at most 3 MiB, in practice
/// 64 bytes each and within the second-level cache.
pub const SOUND_ENTRIES: usize = 8192;
/// Longest text that is remembered, bytes: a user agent has 120 to 250.
pub const SOUND_TEXT_BYTES_MAX: usize = 384;
/// Items of a machine that the reason of one dataset names: five fit into a line of the report, the rest is counted.
pub const HOST_REASONS_MAX: usize = 5;
/// Keys at places that a thread remembers the rules of: 1,024 entries of about 150 bytes; a log has some hundred keys.
pub const LATELY_ENTRIES: usize = 1024;
/// Bytes of everything that is gathered from a machine into memory, until it has been read: the largest items (a week of an
/// AD FS server's events) are 150 MB as text, and servers with 4 GB have a quarter of that to spare.
pub const HOST_MEMORY_BYTES_MAX: usize = 1 << 30;
/// Bytes of what one program may write: UTF-16 takes twice the memory until it is decoded.
pub const HOST_OUTPUT_BYTES_MAX: usize = 256 << 20;
/// Longest text that every record of a file's part repeats (a registry key, a section, the name of a connector), bytes: the
/// longest key that matters has 140. A value takes 4 bytes at least, so that records grow to 128 times their file at most,
/// 128 MiB for a stretch that somebody made up to do that.
pub const HOST_REPEATED_BYTES_MAX: usize = 512;
/// Keys at places that one stretch's track knows: 2,048 of some 300 bytes; a log has some hundred.
pub const TRACK_HEADS_MAX: usize = 2048;
/// Values of a key that are compared with the next one.
pub const TRACK_VALUES: usize = 4;
/// Behind so many new values of a key in a row its values are no longer compared: ids and times never come again.
pub const TRACK_MISSES_MAX: u8 = 40;
/// Buffers of long replies that are kept for the next ones: as many as pages of one class are in memory, and two.
pub const BODY_BUFFERS_MAX: usize = PAGES_IN_FLIGHT_MAX + 2;
/// Shorter replies have memory of their own, bytes: it comes and goes without a trace, and a count or a refusal must not hold
/// a page's buffer.
pub const BODY_BUFFER_BYTES_MIN: usize = 256 << 10;
/// Longest buffer that is kept, bytes: three times a page of 1,000 sign-ins.
pub const BODY_BUFFER_BYTES_MAX: usize = 16 << 20;
/// By how much of itself a budget's window grows with each 429, beyond the margin that it has: 50 ms of 10 s. Without 429s it
/// costs nothing; on a machine with four times the work that it can do, requests arrive later than the margin of 100 ms.
pub const WINDOW_SLACK_STEP: f64 = 0.005;
/// How far it grows: 300 ms of 10 s. More is no unevenness but other apps that draw on the budget.
pub const WINDOW_SLACK_MAX: f64 = 0.03;
