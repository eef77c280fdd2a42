//! Whole samples of types with axes of any length, as a program holds them: a `Vec` of steps, a [`Grid`] of pixels.

use std::vec::Vec;

/// An image of any size: `height` rows of `width` pixels `S`, one after the other. Without a copy it is what a model takes
/// whose input is `(None, None, ..)`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Grid;
/// let image = Grid::new(2, 3, (0..6).map(|v| [v as f32]).collect())?;
/// assert_eq!((image.height(), image.width()), (2, 3));
/// assert_eq!(image.get(1, 0), Some(&[3.0]));
/// assert_eq!(image.rows().map(<[_]>::len).collect::<Vec<_>>(), [3, 3]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Grid<S> {
    height: usize,
    width: usize,
    pixels: Vec<S>,
}

impl<S> Grid<S> {
    /// As many pixels as there are, which the callers check.
    pub(crate) fn of(height: usize, width: usize, pixels: Vec<S>) -> Self {
        Grid {
            height,
            width,
            pixels,
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// A pixel.
    #[must_use]
    pub fn get(&self, y: usize, x: usize) -> Option<&S> {
        self.rows().nth(y)?.get(x)
    }

    /// The rows, from the top.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[S]> {
        self.pixels.chunks_exact(self.width.max(1))
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[S] {
        &self.pixels
    }

    /// The same, to be written.
    #[must_use]
    pub fn pixels_mut(&mut self) -> &mut [S] {
        &mut self.pixels
    }

    /// The same without the grid.
    #[must_use]
    pub fn into_pixels(self) -> Vec<S> {
        self.pixels
    }
}

/// What a model gives for one sample, if it gives such steps: itself where the type is all of the sample.
pub trait Whole: Sized {
    /// For a sequence of any length.
    type Sequence;
    /// For an image of any size.
    type Image;
    /// Of the steps of a sequence.
    fn sequence(steps: &[Self]) -> Self::Sequence;
    /// Of the pixels of an image with this height and width.
    fn image(pixels: &[Self], size: [usize; 2]) -> Self::Image;
}
