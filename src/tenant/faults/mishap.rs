//! Everything that can go wrong with one answer.
//!
//! Three sorts: the service answers something else, the page is not what it should be, the reply does not arrive as it
//! was sent.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mishap {
    /// Another status, with its body and headers.
    Answer {
        /// HTTP status.
        status: u16,
        /// What stands in the body.
        #[serde(default)]
        body: Words,
        /// `error.code`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        code: String,
        /// `error.message`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
        /// `Retry-After` as sent; `+N` becomes the HTTP date N seconds from now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
    },
    /// 401 although the token is good.
    Unauthorised {
        /// With a claims challenge, as continuous access evaluation sends it.
        claims: bool,
    },
    /// 302 to another address.
    Redirect {
        /// Where to.
        to: String,
    },
    /// 400 when the time filter begins before what is kept; the message names the earliest date.
    Retention {
        /// How much is kept, days.
        days: u32,
    },
    /// 400 when `$top` is larger.
    PageSize {
        /// Largest size that is served.
        most: u32,
    },
    /// 400 when the request has this option, for example `$orderby`.
    RefuseOption {
        /// The option.
        option: String,
    },
    /// 504 when the time filter spans more.
    Heavy {
        /// Longest span that is answered, hours.
        hours: u32,
    },
    /// 504 when `$top` is larger.
    HeavyPage {
        /// Largest page that is answered in time.
        most: u32,
    },

    /// Pages without records before the page, each with a link to the next.
    EmptyPages(u32),
    /// The link has an empty `$skiptoken=`.
    NullToken,
    /// The link leads to the page itself.
    RepeatedLink,
    /// The link leads to the first page.
    Cycle,
    /// The link leads elsewhere: `https://HOST:PORT`, `:PORT` or another scheme.
    Elsewhere(String),
    /// The last records come again on the next page.
    Duplicates(u32),
    /// The last records come on the next page instead.
    HoldBack(u32),
    /// The page's records come in reverse order.
    Reverse,
    /// The first records (the newest, where the list begins with them) are not there yet.
    Late(u32),
    /// The last records are missing without a word.
    Lose(u32),
    /// `@odata.count` and `$count` are off by so many.
    Count(i64),
    /// A member of the list that is no object.
    Scrap,
    /// An `error` member beside the list, with status 200.
    ErrorInside,
    /// `"value": null`.
    NullValue,
    /// Members of a `$batch` fail, one after the other with these statuses, and come in reverse order.
    Batch(Vec<u16>),
    /// Replies to so many members of a `$batch` are missing.
    BatchLoses(u32),

    /// The connection is reset.
    Reset(Moment),
    /// Silence.
    Stall {
        /// Before or during the reply.
        at: Moment,
        /// Milliseconds.
        ms: u64,
    },
    /// The body comes in 16 pieces.
    Drip {
        /// Pause before each, milliseconds.
        ms: u64,
    },
    /// The connection ends in good order after half the body.
    Cut,
    /// Half the JSON, with a length that fits.
    Truncated,
    /// Text of the right length that is no JSON.
    Invalid,
    /// A proxy's sign-in page, with status 200.
    Html,
    /// The right body under another media type.
    ContentType(String),
    /// A byte order mark in front.
    Bom,
    /// Compressed and then damaged; uncompressed replies become invalid.
    Gzip(Gzip),
    /// The `Date` header is ahead (or, negative, behind), seconds.
    Clock(i64),
}

/// When, seen from the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Before its first byte.
    Before,
    /// After half of its body.
    During,
    /// After its last byte.
    After,
}

/// What an error's body is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Words {
    /// Graph's error object.
    #[default]
    Json,
    /// A gateway's page.
    Html,
    /// Nothing.
    Empty,
}

/// How a compressed body is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gzip {
    /// Bytes in the middle are flipped.
    Flipped,
    /// The second half is missing.
    Halved,
    /// It is not compressed at all.
    Plain,
}

impl Mishap {
    /// A plain status with Graph's error object.
    pub fn status(status: u16, code: &str, message: &str) -> Self {
        let (code, message) = (code.to_owned(), message.to_owned());
        Self::Answer { status, body: Words::Json, code, message, retry_after: None }
    }

    /// A 429 with this `Retry-After`.
    pub fn throttled(retry_after: Option<&str>) -> Self {
        Self::Answer {
            status: 429,
            body: Words::Json,
            code: "TooManyRequests".into(),
            message: "Please retry again later.".into(),
            retry_after: retry_after.map(str::to_owned),
        }
    }

    /// A refusal for lack of a licence.
    pub fn unlicensed() -> Self {
        let message = "Neither tenant is B2C or tenant doesn't have premium license";
        Self::status(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)
    }

    /// A refusal for lack of a permission.
    pub fn denied() -> Self {
        Self::status(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// A page token that has expired.
    pub fn expired() -> Self {
        let message = "The specified page token value has expired and can no longer be included in your request.";
        Self::status(400, "Directory_ExpiredPageToken", message)
    }

    /// Whether it concerns the envelope of a `$batch` only.
    pub(crate) fn is_about_batches(&self) -> bool {
        matches!(self, Self::Batch(_) | Self::BatchLoses(_))
    }

    pub(super) fn is_sound(&self) -> bool {
        let known = |status: &u16| (100..600).contains(status);
        match self {
            Self::Answer { status, .. } => known(status),
            Self::Batch(statuses) => !statuses.is_empty() && statuses.iter().all(known),
            _ => true,
        }
    }
}
