//! What `ImageDataGenerator` does with the values of images, after they have been changed at random.

use std::sync::Arc;
use std::vec::Vec;

use super::arguments::argument;
use super::image::Image;
use super::whitening::whitening;
use crate::error::Error;
use crate::text::Note;

/// The arguments, and what `fit` has found.
#[derive(Clone, Debug)]
pub(super) struct Standardize {
    pub(super) preprocessing_function: Option<fn(&mut [f32])>,
    pub(super) rescale: f32,
    pub(super) samplewise_center: bool,
    pub(super) samplewise_std_normalization: bool,
    pub(super) featurewise_center: bool,
    pub(super) featurewise_std_normalization: bool,
    pub(super) zca_whitening: bool,
    pub(super) zca_epsilon: f64,
    fitted: Option<Arc<Fitted>>,
}

/// Of the images of `fit`.
#[derive(Debug)]
struct Fitted {
    /// Mean and deviation of each channel.
    mean: Vec<f32>,
    std: Vec<f32>,
    /// The values of an image squared, if they are to be whitened.
    whitening: Vec<f32>,
}

/// Keras's, which keeps a deviation from 0.
const EPSILON: f32 = 1e-6;

impl Standardize {
    pub(super) const fn new() -> Self {
        Standardize {
            preprocessing_function: None,
            rescale: 1.0,
            samplewise_center: false,
            samplewise_std_normalization: false,
            featurewise_center: false,
            featurewise_std_normalization: false,
            zca_whitening: false,
            zca_epsilon: 1e-6,
            fitted: None,
        }
    }

    /// What needs `fit` has had it, with such images.
    pub(super) fn check(&self, [height, width, channels]: [usize; 3]) -> Result<(), Error> {
        // What centers because of another is named by that one.
        let needs = [
            (self.zca_whitening, "zca_whitening"),
            (
                self.featurewise_std_normalization,
                "featurewise_std_normalization",
            ),
            (self.featurewise_center, "featurewise_center"),
        ];
        let Some((_, name)) = needs.into_iter().find(|(is_on, _)| *is_on) else {
            return Ok(());
        };
        let Some(fitted) = &self.fitted else {
            let why = "the generator has seen no images: call `fit(&images)` first";
            return Err(argument(name, Note::new().str(why)));
        };
        let len = height * width * channels;
        let fits = fitted.mean.len() == channels
            && (!self.zca_whitening || fitted.whitening.len() == len * len);
        match fits {
            true => Ok(()),
            false => Err(argument(
                name,
                Note::new().str("`fit` was given images of another size"),
            )),
        }
    }

    /// Takes means, deviations and directions of images of so many values and channels, one after the other.
    pub(super) fn fit(&mut self, mut all: Vec<f32>, len: usize, channels: usize) {
        let of_channel = |c: usize| moments(all.iter().skip(c).step_by(channels.max(1)));
        let (mean, std): (Vec<f32>, Vec<f32>) = (0..channels).map(of_channel).unzip();
        let mut fitted = Fitted {
            mean,
            std,
            whitening: Vec::new(),
        };
        if self.zca_whitening {
            for image in all.chunks_mut(len.max(1)) {
                self.of_features(image, &fitted);
            }
            fitted.whitening = whitening(&all, len, self.zca_epsilon);
        }
        self.fitted = Some(Arc::new(fitted));
    }

    /// Standardizes images.
    pub(super) fn apply_all<X: Image>(&self, images: &mut [X]) {
        let mut room = Vec::new();
        for image in X::flat_mut(images).chunks_mut(X::LEN.max(1)) {
            self.apply(image, &mut room);
        }
    }

    /// Standardizes an image.
    fn apply(&self, image: &mut [f32], room: &mut Vec<f32>) {
        if let Some(function) = self.preprocessing_function {
            function(image);
        }
        if self.rescale != 1.0 {
            image.iter_mut().for_each(|v| *v *= self.rescale);
        }
        if self.samplewise_center {
            let (mean, _) = moments(image.iter());
            image.iter_mut().for_each(|v| *v -= mean);
        }
        if self.samplewise_std_normalization {
            let (_, std) = moments(image.iter());
            image.iter_mut().for_each(|v| *v /= std + EPSILON);
        }
        let Some(fitted) = &self.fitted else {
            return;
        };
        self.of_features(image, fitted);
        if self.zca_whitening {
            room.clear();
            room.extend_from_slice(image);
            image.fill(0.0);
            for (from, row) in room.iter().zip(fitted.whitening.chunks(image.len().max(1))) {
                image
                    .iter_mut()
                    .zip(row)
                    .for_each(|(to, w)| *to += from * w);
            }
        }
    }

    fn of_features(&self, image: &mut [f32], fitted: &Fitted) {
        for pixel in image.chunks_mut(fitted.mean.len().max(1)) {
            for ((v, mean), std) in pixel.iter_mut().zip(&fitted.mean).zip(&fitted.std) {
                if self.featurewise_center {
                    *v -= mean;
                }
                if self.featurewise_std_normalization {
                    *v /= std + EPSILON;
                }
            }
        }
    }
}

/// Mean and deviation.
pub(super) fn moments<'a>(values: impl Iterator<Item = &'a f32> + Clone) -> (f32, f32) {
    let (mut count, mut sum) = (0.0_f64, 0.0);
    for v in values.clone() {
        count += 1.0;
        sum += f64::from(*v);
    }
    let mean = sum / count.max(1.0);
    let squares: f64 = values
        .map(|v| (f64::from(*v) - mean) * (f64::from(*v) - mean))
        .sum();
    (mean as f32, libm::sqrt(squares / count.max(1.0)) as f32)
}
