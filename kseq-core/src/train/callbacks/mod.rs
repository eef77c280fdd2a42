//! Keras's callbacks, with its names, arguments and defaults (Keras 3.15).
//!
//! Each is handed to `fit` by reference, so that what it found can be asked afterwards:
//! `fit.callbacks([&mut stop])`, then `stop.stopped_epoch()`. Wrong arguments are errors of `fit` before
//! the first step. One's own callbacks implement [`Callback`].

mod backup_and_restore;
mod callback;
mod csv_logger;
mod early_stopping;
mod filepath;
mod history;
mod lambda_callback;
mod learning_rate_scheduler;
mod model_checkpoint;
mod monitor;
mod number_format;
mod progbar_logger;
mod reduce_lr_on_plateau;
mod save_freq;
mod stored;
mod swap_ema_weights;
mod tensorboard;
mod terminate_on_nan;

pub use backup_and_restore::BackupAndRestore;
pub use callback::Callback;
pub use csv_logger::CSVLogger;
pub use early_stopping::EarlyStopping;
pub use lambda_callback::LambdaCallback;
pub use learning_rate_scheduler::LearningRateScheduler;
pub use model_checkpoint::ModelCheckpoint;
pub use monitor::Mode;
pub use progbar_logger::ProgbarLogger;
pub use reduce_lr_on_plateau::ReduceLROnPlateau;
pub use save_freq::SaveFreq;
pub use swap_ema_weights::SwapEMAWeights;
pub use tensorboard::{TensorBoard, UpdateFreq};
pub use terminate_on_nan::{NonFinite, TerminateOnNaN, Where};

pub use super::report::History;
