//! The arguments of `ImageDataGenerator` that center, divide and whiten, and its `fit`.

use std::vec::Vec;

use super::augment::ImageDataGenerator;
use super::image::Image;
use crate::error::Error;
use crate::rng::{Purpose, Rng};

/// The arguments that change values, in the order in which they do.
impl ImageDataGenerator {
    /// A function of the values of an image, called when it has been changed at random, and before all of these.
    pub const fn preprocessing_function(mut self, function: fn(&mut [f32])) -> Self {
        self.standardize.preprocessing_function = Some(function);
        self
    }

    /// What every value is multiplied with.
    pub const fn rescale(mut self, rescale: f32) -> Self {
        self.standardize.rescale = rescale;
        self
    }

    /// Whether each image loses its mean.
    pub const fn samplewise_center(mut self, center: bool) -> Self {
        self.standardize.samplewise_center = center;
        self
    }

    /// Whether each image is divided by its deviation.
    pub const fn samplewise_std_normalization(mut self, normalization: bool) -> Self {
        self.standardize.samplewise_std_normalization = normalization;
        self
    }

    /// Whether each channel loses the mean that it has in the images of [`fit`](ImageDataGenerator::fit).
    pub const fn featurewise_center(mut self, center: bool) -> Self {
        self.standardize.featurewise_center = center;
        self
    }

    /// Whether each channel is divided by its deviation in the images of [`fit`](ImageDataGenerator::fit). It centers, too,
    /// as in Keras.
    pub const fn featurewise_std_normalization(mut self, normalization: bool) -> Self {
        self.standardize.featurewise_std_normalization = normalization;
        if normalization {
            self.standardize.featurewise_center = true;
        }
        self
    }

    /// Whether values are made independent of each other: see [`fit`](ImageDataGenerator::fit). It centers, too, as in Keras.
    pub const fn zca_whitening(mut self, whitening: bool) -> Self {
        self.standardize.zca_whitening = whitening;
        if whitening {
            self.standardize.featurewise_center = true;
        }
        self
    }

    /// What keeps directions without variance from being made infinitely large. Default 1e-6.
    pub const fn zca_epsilon(mut self, epsilon: f64) -> Self {
        self.standardize.zca_epsilon = epsilon;
        self
    }

    /// Takes means and deviations of these images for `featurewise_center` and `featurewise_std_normalization`, and for
    /// `zca_whitening` all directions in which they vary, which takes a time that grows with the third power of the number
    /// of an image's values: it is for small images.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::train::ImageDataGenerator;
    /// let mut images = [[[[1.0f32], [3.0]]], [[[3.0], [5.0]]]];
    /// let mut generator = ImageDataGenerator::new().featurewise_center(true);
    /// generator.fit(&images)?;
    /// generator.standardize(&mut images);
    /// assert_eq!(images, [[[[-2.0], [0.0]]], [[[0.0], [2.0]]]]);
    /// # Ok::<(), kseq::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// There are no images.
    pub fn fit<X: Image>(&mut self, images: &[X]) -> Result<(), Error> {
        self.fit_augmented(images, 0)
    }

    /// The same of so many passes over images that are changed at random: Keras's `augment = True`.
    ///
    /// # Errors
    /// There are no images.
    pub fn fit_augmented<X: Image>(&mut self, images: &[X], rounds: usize) -> Result<(), Error> {
        if images.is_empty() || X::LEN == 0 {
            return Err(Error::Empty { what: "images" });
        }
        let [height, width, channels] = X::SIZE;
        let mut all: Vec<f32> = Vec::new();
        let mut rng = Rng::new(self.seed, Purpose::User, 0, 0);
        let mut changed = images.to_vec();
        for _ in 0..rounds.max(1) {
            if rounds > 0 {
                for (from, to) in images.chunks(1).zip(changed.chunks_mut(1)) {
                    let transform = self.get_random_transform(height, width, &mut rng);
                    self.apply_transform(from, to, &transform);
                }
            }
            all.extend(
                X::flat(&changed)
                    .iter()
                    .map(|v| v * self.standardize.rescale),
            );
        }
        self.standardize.fit(all, X::LEN, channels);
        Ok(())
    }

    /// Standardizes images: `preprocessing_function`, `rescale`, and all that centers, divides and whitens.
    pub fn standardize<X: Image>(&self, images: &mut [X]) {
        self.standardize.apply_all(images);
    }
}

#[cfg(test)]
mod tests {
    use super::super::standardize::moments;
    use super::*;
    use crate::tensor::Tensor;

    type Two = [[[f32; 2]; 2]; 1];

    fn images() -> Vec<Two> {
        let mut rng = Rng::new(5, Purpose::User, 0, 0);
        (0..40)
            .map(|_| {
                let [a, b] = [rng.normal(), rng.normal()];
                [[[a, 3.0 + 2.0 * b], [a + 0.3 * rng.normal(), rng.normal()]]]
            })
            .collect()
    }

    #[test]
    fn each_image_by_itself() {
        let mut images = images();
        let generator = ImageDataGenerator::new()
            .preprocessing_function(|image| image.iter_mut().for_each(|v| *v += 1.0))
            .samplewise_center(true)
            .samplewise_std_normalization(true);
        generator.standardize(&mut images);
        for image in Two::flat(&images).chunks(4) {
            let (mean, std) = moments(image.iter());
            assert!(mean.abs() < 1e-6 && (std - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn channels_over_all_images() {
        let mut images = images();
        let generator = ImageDataGenerator::new().rescale(0.5);
        let mut generator = generator.featurewise_std_normalization(true);
        generator.fit(&images).unwrap();
        generator.standardize(&mut images);
        for c in 0..2 {
            let (mean, std) = moments(Two::flat(&images).iter().skip(c).step_by(2));
            assert!(
                mean.abs() < 1e-5 && (std - 1.0).abs() < 1e-4,
                "{mean} {std}"
            );
        }
    }

    /// The values of whitened images have a covariance of 1 each and 0 between them, about the mean that was taken away.
    #[test]
    fn whitened_values_are_independent() {
        let mut images = images();
        let mut generator = ImageDataGenerator::new().zca_whitening(true);
        generator.fit(&images).unwrap();
        generator.standardize(&mut images);
        let n = images.len() as f32;
        for i in 0..4 {
            for j in 0..4 {
                let product = |image: &[f32]| image[i] * image[j];
                let sum: f32 = Two::flat(&images).chunks(4).map(product).sum();
                let wanted = if i == j { 1.0 } else { 0.0 };
                assert!((sum / n - wanted).abs() < 1e-3, "{i} {j}: {}", sum / n);
            }
        }
    }

    #[test]
    fn images_of_another_size_are_refused() {
        let mut generator = ImageDataGenerator::new().zca_whitening(true);
        generator.fit(&images()).unwrap();
        assert!(generator.standardize.check([1, 2, 2]).is_ok());
        assert!(generator.standardize.check([2, 2, 2]).is_err());
        assert!(generator.fit::<Two>(&[]).is_err());
    }
}
