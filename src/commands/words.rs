//! Sizes and durations as a person says them.

use std::time::Duration;

/// Bytes in the unit that reads best.
pub(in crate::commands) fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.0} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.2} GB", b / 1e9),
    }
}

/// A duration as a person says it.
pub(in crate::commands) fn span(duration: Duration) -> String {
    match duration.as_secs() {
        s if s < 90 => format!("{s} s"),
        s if s < 5_400 => format!("{} min", s.div_ceil(60)),
        s => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!((size(512.0), size(1.5e6), size(2.5e9)), ("512 B".into(), "1.5 MB".into(), "2.50 GB".into()));
        assert_eq!(span(Duration::from_secs(61)), "61 s");
        assert_eq!(span(Duration::from_secs(3_601)), "61 min");
        assert_eq!(span(Duration::from_secs(7_260)), "2 h 01 min");
    }
}
