//! Text built while the compiler runs: what a shape rule says when it refuses.

/// The longest message in bytes; what does not fit is cut at the end.
const CAPACITY: usize = 1024;

/// A string that const functions can build.
///
/// ```
/// use kseq_core::text::Text;
/// const T: Text = Text::new().str("units = ").num(32);
/// assert_eq!(T.as_str(), "units = 32");
/// assert_eq!(Text::new().float(-0.1).str(" ").float(1.25).as_str(), "-0.1 1.25");
/// ```
#[derive(Clone, Copy)]
pub struct Text {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Text {
    /// The empty text.
    #[must_use]
    pub const fn new() -> Self {
        Text {
            bytes: [0; CAPACITY],
            len: 0,
        }
    }

    /// Appends a string.
    #[must_use]
    pub const fn str(mut self, s: &str) -> Self {
        let s = s.as_bytes();
        let mut i = 0;
        while i < s.len() && self.len < CAPACITY {
            self.bytes[self.len] = s[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    /// Appends a number in decimal.
    #[must_use]
    pub const fn num(mut self, mut n: usize) -> Self {
        let mut digits = [0u8; 20];
        let mut count = 0;
        loop {
            digits[count] = b'0' + (n % 10) as u8;
            count += 1;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        while count > 0 && self.len < CAPACITY {
            count -= 1;
            self.bytes[self.len] = digits[count];
            self.len += 1;
        }
        self
    }

    /// Appends a number with up to three decimals.
    #[must_use]
    pub const fn float(self, x: f32) -> Self {
        if x.is_nan() {
            return self.str("NaN");
        }
        let t = if x < 0.0 { self.str("-") } else { self };
        let x = if x < 0.0 { -x } else { x };
        if x >= 1e15 {
            return t.str("a very large number");
        }
        let thousandths = (x as f64 * 1000.0 + 0.5) as usize;
        let t = t.num(thousandths / 1000).str(".");
        let rest = thousandths % 1000;
        if rest % 100 == 0 {
            return t.num(rest / 100);
        }
        let t = t.num(rest / 100).num(rest / 10 % 10);
        if rest % 10 == 0 { t } else { t.num(rest % 10) }
    }

    /// Appends another text.
    #[must_use]
    pub const fn text(self, other: &Text) -> Self {
        self.str(other.as_str())
    }

    /// The text built so far.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        // A cut can fall inside a character; the valid part is what is shown.
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(s) => s,
            Err(e) => match core::str::from_utf8(self.bytes.split_at(e.valid_up_to()).0) {
                Ok(s) => s,
                Err(_) => "",
            },
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Text::new()
    }
}

impl core::fmt::Debug for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}
