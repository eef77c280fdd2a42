//! What callbacks that monitor a value have in common.

use std::format;
use std::string::String;

use super::callback::callback_error;
use crate::error::Error;
use crate::metrics::Direction;
use crate::model::Model;
use crate::train::state::Training;

/// Whether a monitored value gets better by falling or by rising.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// As the loss or the metric says of itself (default); an error if it does not say.
    #[default]
    Auto,
    /// Smaller is better.
    Min,
    /// Larger is better.
    Max,
    /// A word that is none of Keras's: an error of `fit`, before the first step.
    #[doc(hidden)]
    Unknown(&'static str),
}

/// Keras's words: `.mode("max")`.
impl From<&'static str> for Mode {
    fn from(word: &'static str) -> Self {
        match word {
            "auto" => Mode::Auto,
            "min" => Mode::Min,
            "max" => Mode::Max,
            other => Mode::Unknown(other),
        }
    }
}

/// A monitored value and the best one so far.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    pub name: String,
    pub mode: Mode,
    /// Keras computes with it in double precision.
    pub min_delta: f64,
    pub best: Option<f32>,
    pub direction: Direction,
}

impl Monitor {
    pub fn new(name: &str) -> Self {
        Monitor {
            name: name.into(),
            mode: Mode::Auto,
            min_delta: 0.0,
            best: None,
            direction: Direction::Down,
        }
    }

    /// Finds out what is better, before the first step.
    pub fn begin<M: Model>(&mut self, who: &str, t: &mut Training<'_, M>) -> Result<(), Error> {
        if !self.min_delta.is_finite() {
            let found = self.min_delta;
            return Err(callback_error(
                who,
                format!("min_delta: expected a finite number, found {found}"),
            ));
        }
        self.direction = match self.mode {
            Mode::Min => Direction::Down,
            Mode::Max => Direction::Up,
            Mode::Unknown(word) => {
                let why = format!("mode: expected \"auto\", \"min\" or \"max\", found {word:?}");
                return Err(callback_error(who, why));
            }
            Mode::Auto => t.direction(&self.name).ok_or_else(|| {
                let name = &self.name;
                callback_error(
                    who,
                    format!(
                        "`{name}` does not say whether smaller or larger values are better; add \
                         .mode(\"min\") or .mode(\"max\")"
                    ),
                )
            })?,
        };
        Ok(())
    }

    /// Whether a value is better than another by more than `min_delta`, rounded where Keras rounds; any number is
    /// better than NaN.
    pub fn improves(&self, value: f32, than: Option<f32>) -> bool {
        let delta = self.min_delta.abs();
        match (than, self.direction) {
            (None, _) => true,
            // Keras compares with it, and nothing is ever better.
            (Some(than), _) if than.is_nan() => !value.is_nan(),
            (Some(than), Direction::Down) => ((f64::from(value) + delta) as f32) < than,
            (Some(than), Direction::Up) => (f64::from(value) - delta) as f32 > than,
        }
    }

    /// The best value for a checkpoint: whether there is one, and which.
    pub fn state(&self) -> [f64; 2] {
        let best = self.best.map_or(0.0, f64::from);
        [f64::from(u8::from(self.best.is_some())), best]
    }

    pub fn set_state(&mut self, [some, best]: [f64; 2]) {
        self.best = (some != 0.0).then_some(best as f32);
    }
}
