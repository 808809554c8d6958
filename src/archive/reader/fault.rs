//! What can be wrong with a zip, each with a code that stays and a sentence.

/// A fault of the zip itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// No end of the directory.
    #[error("the file does not end as a zip ends: it was cut off, or it is no zip; copy it again from its source")]
    Truncated,
    /// Bytes or a comment behind the end.
    #[error("something was added behind the end of the zip")]
    Trailing,
    /// Bytes before the first entry.
    #[error("something was put before the first entry of the zip")]
    Prepended,
    /// The directory contradicts itself.
    #[error("the directory of the zip is damaged")]
    Directory,
    /// A header that entra-bundle never writes.
    #[error("a header is not as entra-bundle writes it: the zip was damaged, or packed again by another program")]
    Header,
    /// Local header and directory differ.
    #[error("the entry's own header says something else than the directory")]
    LocalHeader,
    /// Two entries share bytes.
    #[error("two entries share the same bytes")]
    Overlap,
    /// Bytes that belong to no entry.
    #[error("bytes that belong to no entry stand before this place")]
    Gap,
    /// Not sorted.
    #[error("the entries are not sorted by name")]
    Order,
    /// Neither stored nor deflate.
    #[error("the entry is compressed with a method that entra-bundle never uses")]
    Method,
    /// An encrypted entry.
    #[error("the entry is encrypted; entra-bundle never encrypts single entries")]
    Encrypted,
    /// A link, a folder or a device.
    #[error("the entry is no plain file (a link, a folder or a device)")]
    NotPlain,
    /// The same name twice.
    #[error("the name occurs twice")]
    Duplicate,
    /// Names that differ only in case.
    #[error("two names differ only in upper and lower case: one would overwrite the other on Windows")]
    CaseClash,
    /// A name that leads out of the folder.
    #[error("the name leads out of the folder that the zip is unpacked to; do not unpack it")]
    Escape,
    /// A name that some system cannot unpack.
    #[error("the name has a character, a device name or a length that not every system can unpack")]
    Name,
    /// Unpacks to too much.
    #[error("the zip claims to unpack to far more than it holds; do not unpack it")]
    Bomb,
    /// Damaged content.
    #[error("the content is damaged: it does not unpack to the length and check sum in its header")]
    Damaged,
}

impl Fault {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Truncated => "zip-truncated",
            Self::Trailing => "zip-trailing",
            Self::Prepended => "zip-prepended",
            Self::Directory => "zip-directory",
            Self::Header => "zip-header",
            Self::LocalHeader => "zip-local-header",
            Self::Overlap => "zip-overlap",
            Self::Gap => "zip-gap",
            Self::Order => "zip-order",
            Self::Method => "zip-method",
            Self::Encrypted => "zip-encrypted",
            Self::NotPlain => "zip-not-plain",
            Self::Duplicate => "zip-duplicate",
            Self::CaseClash => "zip-case-clash",
            Self::Escape => "zip-escape",
            Self::Name => "zip-name",
            Self::Bomb => "zip-bomb",
            Self::Damaged => "zip-damaged",
        }
    }
}
