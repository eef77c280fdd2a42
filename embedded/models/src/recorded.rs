//! What the firmware is tested with: samples, and the outputs that the host has computed for them. A file for each part of
//! `embedded/train`, which writes it.

mod digits;
mod gesture;
mod keyword;
mod small_digits;
mod speech;
mod vibration;

pub use digits::{DIGIT_CNN, DIGIT_CNN_INT8, DIGIT_MLP, DIGITS};
pub use gesture::{GESTURE_GRU, MOTION};
pub use keyword::{KEYWORD_CNN, KEYWORD_CNN_INT8, WORDS};
pub use small_digits::{LABELS, LOSSES, UPSIDE_DOWN};
pub use speech::{SOUNDS, SPEECH_INT8};
pub use vibration::{ANOMALY_LSTM, VIBRATION};
