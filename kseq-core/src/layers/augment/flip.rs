//! `RandomFlip`.

use super::{Augment, Augmentation, Draws, Image};
use crate::base::part::{copy, part, rows_mut};

/// Which sides change places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlipMode {
    /// Both, of the same images.
    HorizontalAndVertical,
    /// Left and right.
    Horizontal,
    /// Above and below.
    Vertical,
}

/// What is done.
#[derive(Clone, Copy)]
pub struct Flip(FlipMode);

/// Flips every other image.
///
/// In a layer list `RandomFlip(..)`, whose arguments are explained in `kseq::layers::RandomFlip`.
pub type RandomFlip = Augment<Flip>;

impl RandomFlip {
    /// The layer.
    #[must_use]
    pub const fn new(mode: FlipMode) -> Self {
        Augment::by(Flip(mode))
    }
}

impl Flip {
    fn flip(self, image: Image, x: &[f32], y: &mut [f32]) {
        let row = image.width * image.channels;
        let (across, down) = match self.0 {
            FlipMode::HorizontalAndVertical => (true, true),
            FlipMode::Horizontal => (true, false),
            FlipMode::Vertical => (false, true),
        };
        for (i, y) in rows_mut(y, row).enumerate() {
            let i = if down { image.height - 1 - i } else { i };
            let x = part(x, i * row, row);
            if !across {
                copy(y, x);
                continue;
            }
            let pixels = x.chunks_exact(image.channels.max(1)).rev();
            for (y, x) in rows_mut(y, image.channels).zip(pixels) {
                copy(y, x);
            }
        }
    }
}

impl Augmentation for Flip {
    type Drawn = bool;

    fn draw(&self, _: Image, draws: &mut Draws) -> bool {
        draws.uniform([0.0, 1.0]) <= 0.5
    }

    fn apply(&self, drawn: &bool, image: Image, x: &[f32], y: &mut [f32]) {
        match drawn {
            true => self.flip(image, x, y),
            false => copy(y, x),
        }
    }

    fn back(&self, drawn: &bool, image: Image, _: &[f32], dy: &[f32], dx: &mut [f32]) {
        self.apply(drawn, image, dy, dx);
    }
}
