//! What the firmware is tested with: samples, and the outputs that the host has computed for them. A file for each part of
//! `embedded/train`, which writes it.

mod digits;
mod gesture;
mod keyword;
mod small_digits;
mod vibration;

pub use digits::{DIGIT_CNN, DIGIT_MLP, DIGITS};
pub use gesture::{GESTURE_GRU, MOTION};
pub use keyword::{KEYWORD_CNN, WORDS};
pub use small_digits::{LABELS, LOSSES, UPSIDE_DOWN};
pub use vibration::{ANOMALY_LSTM, VIBRATION};
