//! When something is saved.

/// When `ModelCheckpoint` and `BackupAndRestore` save.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaveFreq {
    /// After every epoch (default).
    #[default]
    Epoch,
    /// After every N batches, counted over the epochs.
    Batches(usize),
}

impl From<usize> for SaveFreq {
    fn from(batches: usize) -> Self {
        SaveFreq::Batches(batches)
    }
}

impl SaveFreq {
    /// Counts a batch; whether it is time to save.
    pub(super) fn batch(self, seen: &mut usize) -> bool {
        let SaveFreq::Batches(freq) = self else {
            return false;
        };
        *seen += 1;
        let now = *seen >= freq;
        if now {
            *seen = 0;
        }
        now
    }
}
