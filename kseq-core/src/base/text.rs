//! Text built while the compiler runs: what a shape rule says when it refuses.

/// A string of at most `N` bytes that const functions can build; what does not fit is cut at the end.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::text::Text;
/// const T: Text = Text::new().str("units = ").num(32);
/// assert_eq!(T.as_str(), "units = 32");
/// assert_eq!(Text::new().thousands(407_050).str(" ").bytes(1_628_200).as_str(), "407,050 1.55 MB");
/// assert_eq!(Text::new().float(-0.1).str(" ").float(1.25).as_str(), "-0.1 1.25");
/// ```
#[derive(Clone, Copy)]
pub struct TextOf<const N: usize> {
    bytes: [u8; N],
    len: u32,
}

/// What a refusal says while the compiler runs.
pub type Text = TextOf<1024>;

/// What an error says at run time: short, since it is returned by value.
#[cfg(feature = "std")]
pub type Note = TextOf<80>;

/// What an error says at run time. Without std that is the first of its words, which name the argument or the value at
/// fault: writing numbers and joining words is code that a firmware without a screen has no use for.
#[cfg(not(feature = "std"))]
#[derive(Clone, Copy, Debug, Default)]
pub struct Note(&'static str);

#[cfg(not(feature = "std"))]
impl Note {
    /// No words.
    #[must_use]
    pub const fn new() -> Self {
        Note("")
    }

    /// Appends words: the first ones stay.
    #[must_use]
    #[inline]
    pub const fn str(self, s: &'static str) -> Self {
        if self.0.is_empty() { Note(s) } else { self }
    }

    /// What is said without std, where a sentence with numbers would be cut.
    #[must_use]
    #[inline]
    pub(crate) const fn brief(self, words: &'static str) -> Self {
        self.str(words)
    }

    /// Appends a number, with std.
    #[must_use]
    #[inline]
    pub const fn num(self, _: usize) -> Self {
        self
    }

    /// Appends a number with up to three decimals, with std.
    #[must_use]
    #[inline]
    pub const fn float(self, _: f32) -> Self {
        self
    }

    /// Appends any string in quotation marks, with std.
    #[must_use]
    #[inline]
    pub const fn quoted(self, _: &str) -> Self {
        self
    }

    /// The words.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

/// A text that the compiler writes when it is asked for, not with every check of the program.
pub trait Written {
    /// The text.
    const TEXT: &'static str;
}

impl<const N: usize> TextOf<N> {
    /// What is said in place of the sentence that follows without std.
    #[cfg(feature = "std")]
    pub(crate) const fn brief(self, _: &'static str) -> Self {
        self
    }

    /// The empty text.
    #[must_use]
    pub const fn new() -> Self {
        TextOf {
            bytes: [0; N],
            len: 0,
        }
    }

    /// The bytes so far.
    #[must_use]
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }

    /// Appends a string.
    #[must_use]
    pub const fn str(mut self, s: &str) -> Self {
        self.push(s);
        self
    }

    /// Appends a string in quotation marks.
    #[must_use]
    pub const fn quoted(self, s: &str) -> Self {
        self.str("\"").str(s).str("\"")
    }

    /// Appends a string in place.
    pub const fn push(&mut self, s: &str) {
        self.push_bytes(s.as_bytes());
    }

    /// Appends another text in place.
    pub(crate) const fn push_text<const M: usize>(&mut self, other: &TextOf<M>) {
        self.push_bytes(other.bytes.split_at(other.len()).0);
    }

    const fn push_bytes(&mut self, s: &[u8]) {
        let (from, room) = (self.len(), N - self.len());
        let count = if s.len() < room { s.len() } else { room };
        let (s, _) = s.split_at(count);
        let (_, rest) = self.bytes.split_at_mut(from);
        rest.split_at_mut(count).0.copy_from_slice(s);
        self.len += count as u32;
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
        while count > 0 && self.len() < N {
            count -= 1;
            self.bytes[self.len()] = digits[count];
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
        if rest.is_multiple_of(100) {
            return t.num(rest / 100);
        }
        let t = t.num(rest / 100).num(rest / 10 % 10);
        if rest.is_multiple_of(10) {
            t
        } else {
            t.num(rest % 10)
        }
    }

    /// Appends another text.
    #[must_use]
    pub const fn text<const M: usize>(self, other: &TextOf<M>) -> Self {
        self.str(other.as_str())
    }

    /// Appends a number with commas: `407,050`.
    #[must_use]
    pub const fn thousands(self, n: usize) -> Self {
        if n < 1000 {
            return self.num(n);
        }
        let rest = n % 1000;
        let t = self.thousands(n / 1000).str(",");
        t.num(rest / 100).num(rest / 10 % 10).num(rest % 10)
    }

    /// Appends a number of bytes in Keras's units of 1024: `1.55 MB`.
    #[must_use]
    pub const fn bytes(self, n: usize) -> Self {
        let units = [" B", " KB", " MB", " GB"];
        let (mut unit, mut size) = (0, 1);
        while unit + 1 < units.len() && n / size >= 1024 {
            size *= 1024;
            unit += 1;
        }
        // Halves go to the even neighbour, as Keras's text does.
        let (whole, rest) = (n / size, n % size);
        let (mut cents, left) = (rest * 100 / size, rest * 100 % size);
        if left * 2 > size || left * 2 == size && cents % 2 == 1 {
            cents += 1;
        }
        let (whole, cents) = (whole + cents / 100, cents % 100);
        self.num(whole)
            .str(".")
            .num(cents / 10)
            .num(cents % 10)
            .str(units[unit])
    }

    /// Appends a string several times.
    #[must_use]
    pub const fn repeat(self, s: &str, times: usize) -> Self {
        let (mut t, mut i) = (self, 0);
        while i < times {
            t = t.str(s);
            i += 1;
        }
        t
    }

    /// Appends a string and spaces behind it, up to a width.
    #[must_use]
    pub const fn left(self, s: &str, width: usize) -> Self {
        self.str(s).repeat(" ", width.saturating_sub(s.len()))
    }

    /// Appends spaces and a string behind them, up to a width.
    #[must_use]
    pub const fn right(self, s: &str, width: usize) -> Self {
        self.repeat(" ", width.saturating_sub(s.len())).str(s)
    }

    /// Whether two texts are the same.
    #[must_use]
    pub const fn same(&self, other: &Self) -> bool {
        same(self.as_str(), other.as_str())
    }

    /// The text built so far.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        // A cut can fall inside a character; the valid part is what is shown.
        match core::str::from_utf8(self.bytes.split_at(self.len()).0) {
            Ok(s) => s,
            Err(e) => match core::str::from_utf8(self.bytes.split_at(e.valid_up_to()).0) {
                Ok(s) => s,
                Err(_) => "",
            },
        }
    }
}

/// Whether two strings are the same (const form of `==`).
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

impl<const N: usize> Default for TextOf<N> {
    fn default() -> Self {
        TextOf::new()
    }
}

impl<const N: usize> core::fmt::Debug for TextOf<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}
