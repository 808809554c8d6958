//! BER as LDAP uses it: tags of one byte, definite lengths, nothing nested deeper than the caller walks.
//!
//! Takes bytes of a server, gives borrowed elements; takes values, gives bytes. Copies nothing when reading, never
//! recurses, so that neither a length nor a depth that a server announces costs anything before it has come.
//! Source: RFC 4511 §5.1, ITU-T X.690.

/// Tags of ASN.1's own types.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OCTETS: u8 = 0x04;
    #[cfg(any(windows, feature = "kerberos"))]
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
}

/// The bytes are no BER, or not what was expected there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadBer;

/// Reads the elements of some content one after another.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(content: &'a [u8]) -> Self {
        Self(content)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element's tag and content.
    pub(super) fn element(&mut self) -> Result<(u8, &'a [u8]), BadBer> {
        let (head, length) = header(self.0)?.ok_or(BadBer)?;
        let (tag, rest) = (self.0.first().ok_or(BadBer)?, self.0.get(head..).ok_or(BadBer)?);
        let content = rest.get(..length).ok_or(BadBer)?;
        self.0 = rest.get(length..).ok_or(BadBer)?;
        Ok((*tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, wanted: u8) -> Result<&'a [u8], BadBer> {
        match self.element()? {
            (tag, content) if tag == wanted => Ok(content),
            _ => Err(BadBer),
        }
    }

    /// The content of the next element if it has this tag; else nothing is read.
    pub(super) fn optional(&mut self, wanted: u8) -> Result<Option<&'a [u8]>, BadBer> {
        if self.0.first() == Some(&wanted) { self.expect(wanted).map(Some) } else { Ok(None) }
    }

    /// An INTEGER or ENUMERATED that is not negative.
    pub(super) fn number(&mut self, wanted: u8) -> Result<u32, BadBer> {
        let bytes = self.expect(wanted)?;
        let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
        if bytes.is_empty() || bytes.len() > 5 || is_negative {
            return Err(BadBer);
        }
        let value = bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        u32::try_from(value).map_err(|_| BadBer)
    }
}

/// Length of the header and of the content of the element that begins here; `None`: more bytes are needed to know.
pub(super) fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>, BadBer> {
    let Some(tag) = bytes.first() else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(BadBer);
    }
    match bytes.get(1) {
        None => Ok(None),
        Some(&short @ 0..=0x7f) => Ok(Some((2, short.into()))),
        // Four bytes of length are 4 GB; 0x80 is the indefinite form, which LDAP forbids.
        Some(&long @ 0x81..=0x84) => {
            let count = usize::from(long & 0x7f);
            let Some(length) = bytes.get(2..2 + count) else { return Ok(None) };
            let length = length.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
            Ok(Some((2 + count, length)))
        }
        Some(_) => Err(BadBer),
    }
}

/// An element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    let length = (content.len() as u64).to_be_bytes();
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        _ => {
            let skip = length.iter().take_while(|byte| **byte == 0).count();
            out.push(0x80 | (length.len() - skip) as u8);
            out.extend_from_slice(&length[skip..]);
        }
    }
    out.extend_from_slice(content);
    out
}

/// An element made of others.
pub(super) fn constructed(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// INTEGER or ENUMERATED.
pub(super) fn number(tag: u8, value: u32) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let skip = bytes.iter().take(3).take_while(|byte| **byte == 0).count();
    let sign = bytes.get(skip).is_some_and(|byte| byte & 0x80 != 0);
    element(tag, &[if sign { &[0_u8][..] } else { &[] }, &bytes[skip..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_back_as_they_were_written() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let bytes = element(tag::OCTETS, &content);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.expect(tag::OCTETS), Ok(content.as_slice()), "{length}");
            assert!(reader.is_empty());
        }
        for value in [0, 1, 127, 128, 255, 256, 65_535, u32::MAX] {
            let bytes = number(tag::INTEGER, value);
            assert_eq!(Reader::new(&bytes).number(tag::INTEGER), Ok(value));
        }
    }

    #[test]
    fn what_is_no_ber_is_refused_and_what_is_missing_is_waited_for() {
        for bad in [&[0x1f_u8, 1, 0][..], &[0x30, 0x80], &[0x30, 0x85, 0, 0, 0, 0, 1], &[0x30, 0xff]] {
            assert_eq!(header(bad), Err(BadBer), "{bad:?}");
        }
        for short in [&[][..], &[0x30], &[0x30, 0x82], &[0x30, 0x82, 1]] {
            assert_eq!(header(short), Ok(None), "{short:?}");
        }
        // A length is believed by nobody before its bytes are there.
        assert_eq!(header(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Ok(Some((6, 0xffff_ffff))));
        for bad in [&[0x04_u8, 0x05, 1][..], &[0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 1], &[0x04]] {
            assert_eq!(Reader::new(bad).element(), Err(BadBer), "{bad:?}");
        }
        for bad in [&[2_u8, 0][..], &[2, 1, 0xff], &[2, 6, 0, 0, 0, 0, 0, 1], &[2, 5, 1, 0, 0, 0, 0]] {
            assert_eq!(Reader::new(bad).number(tag::INTEGER), Err(BadBer), "{bad:?}");
        }
    }
}
