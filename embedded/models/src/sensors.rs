//! How a sensor's numbers become a sample. Host and firmware call the same functions: a network that is trained with other
//! scales than it runs with is wrong without a word.

/// A camera's pixels, row by row, for a network that takes them as one array.
#[must_use]
pub fn flat_picture<const N: usize>(pixels: &[[u8; 28]; 28]) -> [f32; N] {
    let mut x = [0.0; N];
    for (x, &pixel) in x.iter_mut().zip(pixels.as_flattened()) {
        *x = f32::from(pixel) / 255.0;
    }
    x
}

/// A camera's pixels as a picture of one channel.
#[must_use]
pub fn picture(pixels: &[[u8; 28]; 28]) -> [[[f32; 1]; 28]; 28] {
    pixels.map(|row| row.map(|pixel| [f32::from(pixel) / 255.0]))
}

/// A picture of 8 x 8 pixels.
#[must_use]
pub fn small_picture(pixels: &[u8; 64]) -> [f32; 64] {
    pixels.map(|pixel| f32::from(pixel) / 255.0)
}

/// The coefficients of a second of sound, as a front end gives them: an eighth a count.
#[must_use]
pub fn sound(coefficients: &[[i8; 10]; 49]) -> [[[f32; 1]; 10]; 49] {
    coefficients.map(|step| step.map(|value| [f32::from(value) / 8.0]))
}

/// An accelerometer's three counts, 4096 for the gravity of the earth.
#[must_use]
pub fn acceleration(counts: &[i16; 3]) -> [f32; 3] {
    counts.map(|count| f32::from(count) / 4096.0)
}

/// Half a buffer that DMA has filled from an ADC of 12 bits, whose middle is silence.
#[must_use]
pub fn vibration(counts: &[u16; 8]) -> [f32; 8] {
    counts.map(|count| (f32::from(count) - 2048.0) / 1024.0)
}

/// The last `T` samples of a sensor, written over one another: a window that slides.
pub struct Window<const T: usize, const C: usize> {
    samples: [[f32; C]; T],
    /// Where the next sample goes, which is where the oldest one is.
    next: usize,
    seen: usize,
}

impl<const T: usize, const C: usize> Window<T, C> {
    /// A window that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Window {
            samples: [[0.0; C]; T],
            next: 0,
            seen: 0,
        }
    }

    /// Takes a sample in place of the oldest one. An interrupt may call it: it costs a few instructions.
    pub fn push(&mut self, sample: [f32; C]) {
        if let Some(place) = self.samples.get_mut(self.next) {
            *place = sample;
        }
        self.next = (self.next + 1) % T;
        self.seen += 1;
    }

    /// The window from the oldest sample to the newest, each `hop` samples as soon as it is full.
    #[must_use]
    pub fn every(&self, hop: usize) -> Option<[[f32; C]; T]> {
        let due = self.seen >= T && (self.seen - T).is_multiple_of(hop);
        due.then(|| {
            let mut out = [[0.0; C]; T];
            let oldest_first = self.samples.iter().cycle().skip(self.next);
            for (out, sample) in out.iter_mut().zip(oldest_first) {
                *out = *sample;
            }
            out
        })
    }
}

impl<const T: usize, const C: usize> Default for Window<T, C> {
    fn default() -> Self {
        Window::new()
    }
}
