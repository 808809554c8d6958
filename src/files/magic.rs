//! What a file is, from its first bytes: an archive, an event log, something binary, or maybe text.
//!
//! Signatures: the list of file(1), PKWARE APPNOTE 4.3.7, RFC 1952 (gzip), POSIX ustar, libpcap, SQLite file format §1.3.

/// Kinds of files that are not cut as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Gzip,
    Tar,
    Evtx,
    Avro,
    /// Withheld: what it looks like.
    Binary(&'static str),
    /// Text, as far as the signature says.
    Other,
}

const IMAGE: &str = "an image";
const PROGRAM: &str = "a program or library";
const CAPTURE: &str = "a network capture";
const PACKED: &str = "an archive of a kind that is not unpacked: unpack it and name the folder instead";
const KEYS: &str = "a certificate or key container";
const DUMP: &str = "a memory dump";
const OFFICE: &str = "a document in Microsoft's old binary format, or an installer";

const SIGNATURES: &[(&[u8], Kind)] = &[
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"PK\x07\x08", Kind::Zip),
    (b"\x1F\x8B\x08", Kind::Gzip),
    (b"ElfFile\0", Kind::Evtx),
    (b"Obj\x01", Kind::Avro),
    (b"\x89PNG\r\n", Kind::Binary(IMAGE)),
    (b"\xFF\xD8\xFF", Kind::Binary(IMAGE)),
    (b"GIF87a", Kind::Binary(IMAGE)),
    (b"GIF89a", Kind::Binary(IMAGE)),
    (b"II*\0", Kind::Binary(IMAGE)),
    (b"MM\0*", Kind::Binary(IMAGE)),
    (b"\0\0\x01\0", Kind::Binary(IMAGE)),
    (b"MZ", Kind::Binary(PROGRAM)),
    (b"\x7FELF", Kind::Binary(PROGRAM)),
    (b"\xFE\xED\xFA", Kind::Binary(PROGRAM)),
    (b"\xCF\xFA\xED\xFE", Kind::Binary(PROGRAM)),
    (b"\xCA\xFE\xBA\xBE", Kind::Binary(PROGRAM)),
    (b"\xD4\xC3\xB2\xA1", Kind::Binary(CAPTURE)),
    (b"\xA1\xB2\xC3\xD4", Kind::Binary(CAPTURE)),
    (b"\x4D\x3C\xB2\xA1", Kind::Binary(CAPTURE)),
    (b"\x0A\x0D\x0D\x0A", Kind::Binary(CAPTURE)),
    (b"GMBU", Kind::Binary(CAPTURE)),
    (b"SQLite format 3\0", Kind::Binary("an SQLite database")),
    (b"regf", Kind::Binary("a registry hive: export it with `reg export` instead")),
    (b"%PDF-", Kind::Binary("a PDF document")),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Kind::Binary(OFFICE)),
    (b"7z\xBC\xAF\x27\x1C", Kind::Binary(PACKED)),
    (b"Rar!\x1A\x07", Kind::Binary(PACKED)),
    (b"\xFD7zXZ\0", Kind::Binary(PACKED)),
    (b"\x28\xB5\x2F\xFD", Kind::Binary(PACKED)),
    (b"BZh", Kind::Binary(PACKED)),
    (b"MSCF\0\0\0\0", Kind::Binary(PACKED)),
    (b"MSWIM\0\0\0", Kind::Binary(PACKED)),
    (b"MDMP", Kind::Binary(DUMP)),
    (b"PAGEDUMP", Kind::Binary(DUMP)),
    (b"PAGEDU64", Kind::Binary(DUMP)),
    (b"\x30\x82", Kind::Binary(KEYS)),
    (b"\x05\x02\0", Kind::Binary("a Kerberos key table")),
    (b"\x4C\0\0\0\x01\x14\x02\0", Kind::Binary("a Windows shortcut")),
    (b"RIFF", Kind::Binary("sound, video or an image")),
    (b"vhdxfile", Kind::Binary("a disk image")),
    (b"conectix", Kind::Binary("a disk image")),
    (b"LfLe", Kind::Binary("a Windows event log of the old format")),
];
/// Signatures that ordinary text may begin with: they count only where the next bytes are no text.
const WORDS: &[&[u8]] = &[
    b"MZ",
    b"BZh",
    b"RIFF",
    b"regf",
    b"MDMP",
    b"GMBU",
    b"II*",
    b"LfLe",
    b"PAGEDUMP",
    b"PAGEDU64",
    b"conectix",
    b"vhdxfile",
];

/// What the first bytes say.
pub(super) fn recognise(head: &[u8]) -> Kind {
    for (signature, kind) in SIGNATURES {
        let is_word = || WORDS.contains(signature) && super::encoding::recognise(head).is_ok();
        if head.starts_with(signature) && !is_word() {
            return *kind;
        }
    }
    if head.get(257..262) == Some(b"ustar") {
        return Kind::Tar;
    }
    if head.get(4..8) == Some(b"\xEF\xCD\xAB\x89") {
        return Kind::Binary("an ESE database, such as ntds.dit");
    }
    Kind::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_need_bytes_that_are_no_text() {
        assert_eq!(recognise(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF"), Kind::Binary(PROGRAM));
        assert_eq!(recognise(b"MZ is how this line begins\n"), Kind::Other);
        assert_eq!(recognise(b"\x1F\x8B\x08\0"), Kind::Gzip);
        assert_eq!(recognise(b"\x89PNG\r\n\x1A\n"), Kind::Binary(IMAGE));
        assert_eq!(recognise(b"SQLite format 3\0\x10\0"), Kind::Binary("an SQLite database"));
        assert_eq!(recognise(b""), Kind::Other);
    }

    /// What the catalogue says of kinds that are never taken is what is said here.
    #[test]
    fn kinds_that_are_denied_are_kinds_of_files() {
        let ese = [&[0; 4], b"\xEF\xCD\xAB\x89".as_slice()].concat();
        let known = SIGNATURES.iter().map(|row| row.1).chain([recognise(&ese)]).collect::<Vec<_>>();
        for kind in crate::catalog::host::denied_items().iter().flat_map(|row| &row.kinds) {
            assert!(known.iter().any(|one| matches!(one, Kind::Binary(reason) if reason == kind)), "{kind}");
        }
    }
}
