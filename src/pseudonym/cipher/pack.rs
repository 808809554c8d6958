//! Packs a short text into the bits of a token: 2 bits mode, the payload, 20 zero check bits.
//!
//! Takes a canonical text and gives the two halves of an FF1 string of `n` base32 symbols, `n` = 12, 16 … 48; and
//! back. The mode and `n` are a function of the text (the smallest `n`, then the smallest mode), so one text has one
//! packing, and unpacking accepts nothing else: what is not exactly a packing is not a pseudonym.
//!
//! | mode | holds | bits |
//! |---|---|---|
//! | 0 | `a-z 0-9 . - _` | 16 per three characters; a last slot of 11 for two or 6 for one |
//! | 1 | those and the punctuation of names and addresses | 6 per character |
//! | 2 | any UTF-8 without NUL | 8 per byte |
//! | 3 | a keyed digest of a text beyond the cap | 218 |

/// Symbols of the shortest and longest packing.
pub(super) const SYMBOLS_MIN: usize = 12;
pub(super) const SYMBOLS_MAX: usize = 48;
const SYMBOLS_STEP: usize = 4;
/// Number of lengths: 12, 16 … 48.
pub(super) const LENGTHS: usize = (SYMBOLS_MAX - SYMBOLS_MIN) / SYMBOLS_STEP + 1;
const MODE_BITS: u32 = 2;
const CHECK_BITS: u32 = 20;
/// Payload bits of the longest packing.
const DIGEST_BITS: u32 = payload_bits(SYMBOLS_MAX);
const MODE_DIGEST: u128 = 3;

/// A text as numbers: what FF1 encrypts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    /// Base32 symbols, 12 to 48.
    pub(super) symbols: usize,
    /// The first and second half, `symbols / 2` symbols of 5 bits each.
    pub(super) halves: (u128, u128),
}

/// What a packing held.
pub(super) enum Unpacked {
    Text(String),
    Digest,
}

/// Which of the lengths `symbols` is: 0 for 12 … 9 for 48.
pub(super) fn length_index(symbols: usize) -> Option<usize> {
    ((SYMBOLS_MIN..=SYMBOLS_MAX).contains(&symbols) && symbols.is_multiple_of(SYMBOLS_STEP))
        .then(|| (symbols - SYMBOLS_MIN) / SYMBOLS_STEP)
}

/// Packs `text`, or gives `None` when it is empty, holds NUL or is too long.
pub(super) fn pack(text: &str) -> Option<Packed> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return None;
    }
    let mode = narrowest_mode(bytes);
    let symbols = (SYMBOLS_MIN..=SYMBOLS_MAX)
        .step_by(SYMBOLS_STEP)
        .find(|symbols| bytes.len() <= capacity(mode, payload_bits(*symbols)))?;
    let mut bits = Bits::default();
    bits.push(MODE_BITS, u128::from(mode));
    match mode {
        0 => pack_triples(bytes, payload_bits(symbols), &mut bits),
        1 => bytes.iter().for_each(|b| bits.push(6, u128::from(CODES[usize::from(*b)]))),
        _ => bytes.iter().for_each(|b| bits.push(8, u128::from(*b))),
    }
    Some(bits.finish(symbols))
}

/// The packing that stands for a text beyond the cap: its digest, cut to what fits.
pub(super) fn pack_digest(digest: &[u8; 32]) -> Packed {
    let mut bits = Bits::default();
    bits.push(MODE_BITS, MODE_DIGEST);
    let bytes = DIGEST_BITS as usize / 8;
    digest.iter().take(bytes).for_each(|b| bits.push(8, u128::from(*b)));
    bits.finish(SYMBOLS_MAX)
}

/// Undoes [`pack`]; `None` for anything that `pack` and `pack_digest` do not make.
pub(super) fn unpack(packed: Packed) -> Option<Unpacked> {
    let mut bits = Bits::from_packed(packed);
    let mode = bits.pull(MODE_BITS);
    let payload = payload_bits(packed.symbols);
    if packed.halves.1 & ((1 << CHECK_BITS) - 1) != 0 {
        return None;
    }
    if mode == MODE_DIGEST {
        let spare = DIGEST_BITS % 8;
        let clean = (packed.halves.1 >> CHECK_BITS) & ((1 << spare) - 1) == 0;
        return (packed.symbols == SYMBOLS_MAX && clean).then_some(Unpacked::Digest);
    }
    let mut bytes = Vec::with_capacity(SYMBOLS_MAX);
    match mode {
        0 => unpack_triples(payload, &mut bits, &mut bytes)?,
        1 => {
            for _ in 0..payload / 6 {
                bytes.push(CHARACTERS[(bits.pull(6) & 63) as usize]);
            }
        }
        _ => {
            for _ in 0..payload / 8 {
                bytes.push((bits.pull(8) & 0xff) as u8);
            }
        }
    }
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    let text = String::from_utf8(bytes).ok()?;
    // Padding inside, spare bits, a wider mode or length than needed: all differ from the one packing of the text.
    (pack(&text) == Some(packed)).then_some(Unpacked::Text(text))
}

const fn payload_bits(symbols: usize) -> u32 {
    5 * symbols as u32 - MODE_BITS - CHECK_BITS
}

/// Bytes that `payload` bits hold in `mode`.
fn capacity(mode: u8, payload: u32) -> usize {
    let bytes = match mode {
        0 => 3 * (payload / 16) + tail_characters(payload),
        1 => payload / 6,
        _ => payload / 8,
    };
    bytes as usize
}

fn tail_characters(payload: u32) -> u32 {
    match payload % 16 {
        0..=5 => 0,
        6..=10 => 1,
        _ => 2,
    }
}

fn narrowest_mode(bytes: &[u8]) -> u8 {
    let mut mode = 0;
    for byte in bytes {
        match CODES[usize::from(*byte)] {
            0 => return 2,
            code if code > NARROW_MAX => mode = 1,
            _ => {}
        }
    }
    mode
}

fn pack_triples(bytes: &[u8], payload: u32, bits: &mut Bits) {
    let code = |at: usize| bytes.get(at).map_or(0, |b| u128::from(CODES[usize::from(*b)]));
    let triples = payload as usize / 16;
    for at in (0..triples).map(|t| 3 * t) {
        bits.push(16, (code(at) * 40 + code(at + 1)) * 40 + code(at + 2));
    }
    match tail_characters(payload) {
        2 => bits.push(11, code(3 * triples) * 40 + code(3 * triples + 1)),
        1 => bits.push(6, code(3 * triples)),
        _ => {}
    }
}

fn unpack_triples(payload: u32, bits: &mut Bits, bytes: &mut Vec<u8>) -> Option<()> {
    let mut split = |mut value: u128, characters: u32| {
        for place in (0..characters).rev() {
            let unit = 40_u128.pow(place);
            bytes.push(*CHARACTERS.get(usize::try_from(value / unit).ok()?).filter(|_| value / unit < 40)?);
            value %= unit;
        }
        Some(())
    };
    for _ in 0..payload / 16 {
        split(bits.pull(16), 3)?;
    }
    match tail_characters(payload) {
        2 => split(bits.pull(11), 2),
        1 => split(bits.pull(6), 1),
        _ => Some(()),
    }
}

/// Codes 1 to 39 are the alphabet of mode 0, 1 to 63 that of mode 1; 0 is padding.
static CHARACTERS: &[u8; 64] = b"\0abcdefghijklmnopqrstuvwxyz0123456789.-_ ',()&+@/:#!*$\"%~;=?[]\\|";
const NARROW_MAX: u8 = 39;
static CODES: [u8; 256] = {
    let mut codes = [0; 256];
    let mut at = 1;
    while at < CHARACTERS.len() {
        codes[CHARACTERS[at] as usize] = at as u8;
        at += 1;
    }
    codes
};

/// A bit string of up to 240 bits, most significant first.
#[derive(Default, Clone, Copy)]
struct Bits {
    high: u128,
    low: u128,
    length: u32,
}

impl Bits {
    fn push(&mut self, width: u32, value: u128) {
        self.high = (self.high << width) | (self.low >> (u128::BITS - width));
        self.low = (self.low << width) | value;
        self.length += width;
    }

    fn finish(mut self, symbols: usize) -> Packed {
        let total = 5 * symbols as u32;
        while self.length < total {
            let width = (total - self.length).min(64);
            self.push(width, 0);
        }
        let half = total / 2;
        let left = (self.high << (u128::BITS - half)) | (self.low >> half);
        Packed { symbols, halves: (left, self.low & ((1 << half) - 1)) }
    }

    fn from_packed(packed: Packed) -> Self {
        let half = 5 * packed.symbols as u32 / 2;
        let (left, right) = packed.halves;
        Self { high: left >> (u128::BITS - half), low: (left << half) | right, length: 2 * half }
    }

    /// Takes the next `width` bits from the front.
    fn pull(&mut self, width: u32) -> u128 {
        self.length -= width;
        let rest = self.length;
        let value = if rest >= u128::BITS {
            self.high >> (rest - u128::BITS)
        } else if rest == 0 {
            self.low
        } else {
            (self.high << (u128::BITS - rest)) | (self.low >> rest)
        };
        value & ((1 << width) - 1)
    }
}
