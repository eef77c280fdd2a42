//! How a sensor's numbers become a sample, in the memory that the network reads. Host and firmware call the same functions: a network that is trained with other
//! scales than it runs with is wrong without a word.

/// A camera's pixels, row by row, for a network that takes them as one array.
pub fn flat_picture(pixels: &[[u8; 28]; 28], x: &mut [f32; 784]) {
    for (x, &pixel) in x.iter_mut().zip(pixels.as_flattened()) {
        *x = f32::from(pixel) / 255.0;
    }
}

/// A camera's pixels as a picture of one channel.
pub fn picture(pixels: &[[u8; 28]; 28], x: &mut [[[f32; 1]; 28]; 28]) {
    let x = x.as_flattened_mut().as_flattened_mut();
    for (x, &pixel) in x.iter_mut().zip(pixels.as_flattened()) {
        *x = f32::from(pixel) / 255.0;
    }
}

/// A camera's pixels for a network in integers that was quantised with `PIXELS`: the integer of a pixel is 128 less.
pub fn picture_int8(pixels: &[[u8; 28]; 28], x: &mut [i8; 784]) {
    for (x, &pixel) in x.iter_mut().zip(pixels.as_flattened()) {
        *x = (pixel ^ 0x80).cast_signed();
    }
}

/// The values of the least and the largest pixel.
pub const PIXELS: [f32; 2] = [0.0, 1.0];

/// A picture of 8 x 8 pixels.
#[must_use]
pub fn small_picture(pixels: &[u8; 64]) -> [f32; 64] {
    pixels.map(|pixel| f32::from(pixel) / 255.0)
}

/// The coefficients of a second of sound, as a front end gives them: an eighth a count.
pub fn sound<const N: usize>(coefficients: &[[i8; N]; 49], x: &mut [[[f32; 1]; N]; 49]) {
    let x = x.as_flattened_mut().as_flattened_mut();
    for (x, &value) in x.iter_mut().zip(coefficients.as_flattened()) {
        *x = f32::from(value) / 8.0;
    }
}

/// The values of the least and the largest count. A network that was quantised with them takes the counts as they are.
pub const COUNTS: [f32; 2] = [-16.0, 15.875];

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
    /// Whether there is a sample in each place.
    full: bool,
    /// Samples since the last look.
    fresh: usize,
}

impl<const T: usize, const C: usize> Window<T, C> {
    /// A window that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Window {
            samples: [[0.0; C]; T],
            next: 0,
            full: false,
            fresh: 0,
        }
    }

    /// Takes a sample in place of the oldest one. An interrupt may call it: it costs a few instructions.
    pub fn push(&mut self, sample: [f32; C]) {
        if let Some(place) = self.samples.get_mut(self.next) {
            *place = sample;
        }
        self.next = (self.next + 1) % T;
        self.full |= self.next == 0;
        // It stays below the largest number, however long nobody looks.
        self.fresh = self.fresh.saturating_add(1);
    }

    /// Whether it is time to look: each `hop` samples as soon as the window is full.
    #[must_use]
    pub fn is_due(&mut self, hop: usize) -> bool {
        let is_due = self.full && self.fresh >= hop;
        if is_due {
            self.fresh = 0;
        }
        is_due
    }

    /// The window from the oldest sample to the newest.
    pub fn read(&self, x: &mut [[f32; C]; T]) {
        let oldest_first = self.samples.iter().cycle().skip(self.next);
        for (x, sample) in x.iter_mut().zip(oldest_first) {
            *x = *sample;
        }
    }
}

impl<const T: usize, const C: usize> Default for Window<T, C> {
    fn default() -> Self {
        Window::new()
    }
}
