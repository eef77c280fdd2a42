//! The mean of a loss over batches.

/// A mean over samples that come in batches of different sizes.
#[derive(Clone, Copy, Default)]
pub(in crate::train) struct RunningMean {
    pub sum: f64,
    pub samples: f64,
}

impl RunningMean {
    pub fn add(&mut self, mean: f32, samples: usize) {
        self.sum += f64::from(mean) * samples as f64;
        self.samples += samples as f64;
    }

    pub fn get(&self) -> f32 {
        (self.sum / self.samples.max(1.0)) as f32
    }
}
