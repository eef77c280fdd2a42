//! What a training reports: the values of batches and epochs, and how they are shown.

mod chart;
pub(super) mod curves;
mod history;
mod logs;
mod plot;
pub(super) mod progress;
pub(super) mod running_mean;
pub(super) mod say;
mod scores;
pub(super) mod summary;

pub(super) use history::Series;
pub use history::{History, Keys};
pub use logs::Logs;
pub use scores::Scores;
pub use summary::{GivesText, Printed};
