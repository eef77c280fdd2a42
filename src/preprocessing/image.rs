//! `keras.preprocessing.image`: images from files, and a folder of them as samples.

use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

use kseq_core::train::{Failure, Image, Samples};
use kseq_safetensors::write_whole;

use crate::datasets::DatasetError;

use super::folders::{entries, name, wrong};

pub use super::picture::{Interpolation, Picture};

/// Keras's `load_img` of PPM, PGM and BMP.
///
/// # Errors
/// There is no such file, or it is none of these.
pub fn load_img(path: impl AsRef<Path>) -> Result<Picture, DatasetError> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|e| wrong(path, e))?;
    Picture::decode(&bytes).map_err(|e| wrong(path, e))
}

/// Keras's `save_img`, as PPM, or as PGM of one channel.
///
/// # Errors
/// The file cannot be written.
pub fn save_img(path: impl AsRef<Path>, picture: &Picture) -> Result<(), DatasetError> {
    let path = path.as_ref();
    let bytes = picture.encode();
    write_whole(path, &mut |out| out.write_all(&bytes)).map_err(|e| wrong(path, e))
}

/// A picture as a sample, in the sample's size and with its channels: Keras's `img_to_array`.
///
/// ```
/// use kseq::preprocessing::image::{Interpolation, array_to_img, img_to_array};
/// let image = [[[0.0f32], [100.0]]];
/// let picture = array_to_img(&image);
/// let again: [[[f32; 1]; 2]; 1] = img_to_array(&picture, Interpolation::Nearest)[0];
/// assert_eq!(again, image);
/// ```
#[must_use]
pub fn img_to_array<X: Image>(picture: &Picture, interpolation: Interpolation) -> Vec<X> {
    let [height, width, channels] = X::SIZE;
    let picture = picture.with_channels(channels);
    X::view(&picture.resized(height, width, interpolation).values).to_vec()
}

/// A sample as a picture: Keras's `array_to_img(x, scale = False)`.
#[must_use]
pub fn array_to_img<X: Image>(image: &X) -> Picture {
    let [height, width, channels] = X::SIZE;
    Picture {
        height,
        width,
        channels,
        values: X::flat(core::slice::from_ref(image)).to_vec(),
    }
}

/// The files of a folder that has one folder for each class: Keras's `flow_from_directory` and `image_dataset_from_directory`.
/// They are samples, which [`Flow`](kseq_core::train::Flow) makes batches of; a file is read when it is needed.
///
/// ```no_run
/// use kseq::preprocessing::image::ImageFiles;
/// use kseq::prelude::*;
/// type Photo = [[[f32; 3]; 64]; 64];
/// let files = ImageFiles::<Photo>::of_directory("photos")?; // photos/cat/1.ppm, photos/dog/1.ppm, ..
/// let classes = files.classes();
/// let batches = Flow::new(files, classes, 32)?.shuffle(true);
/// let batches = ImageDataGenerator::new().rescale(1.0 / 255.0).flow(batches)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageFiles<X> {
    class_names: Vec<String>,
    /// Each with the number of its class.
    files: Vec<(PathBuf, u32)>,
    decode: Decode,
    interpolation: Interpolation,
    images: PhantomData<fn() -> X>,
}

/// What makes a picture of a file.
pub type Decode = fn(&[u8]) -> Result<Picture, String>;

impl<X: Image> ImageFiles<X> {
    /// All files of the folders in this one, in the order of their names; classes are numbered in that of the folders' names.
    /// Hidden files and folders, whose names begin with a point, do not count.
    ///
    /// # Errors
    /// There is no such folder, it cannot be read, or has no folders with files.
    pub fn of_directory(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let folders = entries(path, true)?;
        let class_names = folders.iter().map(|folder| name(folder));
        let mut all = ImageFiles {
            class_names: class_names.collect(),
            files: Vec::new(),
            decode: Picture::decode,
            interpolation: Interpolation::default(),
            images: PhantomData,
        };
        for (folder, class) in folders.iter().zip(0..) {
            let files = entries(folder, false)?.into_iter();
            all.files.extend(files.map(|file| (file, class)));
        }
        match all.files.is_empty() {
            true => Err(wrong(
                path,
                "expected a folder for each class, with files in it",
            )),
            false => Ok(all),
        }
    }

    /// What makes a picture of a file's bytes, in place of [`Picture::decode`]: for PNG and JPEG a few lines around a crate.
    #[must_use]
    pub fn decode_with(mut self, decode: Decode) -> Self {
        self.decode = decode;
        self
    }

    /// How pictures get the size of `X`. Default bilinear.
    #[must_use]
    pub const fn interpolation(mut self, interpolation: Interpolation) -> Self {
        self.interpolation = interpolation;
        self
    }

    /// The names of the classes, in the order of their numbers.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The number of each file's class: targets, for one-hot ones [`to_categorical`](crate::utils::to_categorical) of them.
    #[must_use]
    pub fn classes(&self) -> Vec<u32> {
        self.files.iter().map(|(_, class)| *class).collect()
    }

    /// The paths of the files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }
}

impl<X: Image + Send> Samples for ImageFiles<X> {
    type Sample = X;

    fn len(&self) -> usize {
        self.files.len()
    }

    fn read(&self, indices: &[usize]) -> Result<Vec<X>, Failure> {
        let mut images = Vec::with_capacity(indices.len());
        for index in indices {
            let count = self.files.len();
            let (path, _) = self
                .files
                .get(*index)
                .ok_or_else(|| std::format!("there is no file {index}, there are {count}"))?;
            let bytes = fs::read(path).map_err(|e| wrong(path, e))?;
            let picture = (self.decode)(&bytes).map_err(|e| wrong(path, e))?;
            images.extend(img_to_array::<X>(&picture, self.interpolation));
        }
        Ok(images)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    type Grey = [[[f32; 1]; 2]; 1];

    #[test]
    fn a_folder_for_each_class() {
        let folder = std::env::temp_dir().join(std::format!("kseq-images-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        for (class, number, v) in [("dog", 1, 30.0), ("cat", 2, 20.0), ("cat", 1, 10.0)] {
            fs::create_dir_all(folder.join(class)).unwrap();
            let picture = array_to_img(&[[[v], [v + 1.0]]]);
            save_img(
                folder.join(class).join(std::format!("{number}.pgm")),
                &picture,
            )
            .unwrap();
        }
        fs::write(folder.join("dog/.hidden"), b"").unwrap();
        let files = ImageFiles::<Grey>::of_directory(&folder).unwrap();
        assert_eq!(files.class_names(), ["cat", "dog"]);
        assert_eq!(files.classes(), [0, 0, 1]);
        let images = files.read(&[2, 0]).unwrap();
        assert_eq!(images, [[[[30.0], [31.0]]], [[[10.0], [11.0]]]]);
        // Something that is no picture says where it is.
        fs::write(folder.join("dog/2.png"), b"\x89PNG").unwrap();
        let files = ImageFiles::<Grey>::of_directory(&folder).unwrap();
        let why = files.read(&[3]).unwrap_err().to_string();
        assert!(
            why.contains("2.png") && why.contains("decode_with"),
            "{why}"
        );
        let white = |_: &[u8]| Ok(array_to_img(&[[[255.0f32]]]));
        assert_eq!(
            files.decode_with(white).read(&[3]).unwrap(),
            [[[[255.0], [255.0]]]]
        );
        fs::remove_dir_all(&folder).unwrap();
        assert!(ImageFiles::<Grey>::of_directory(&folder).is_err());
    }
}
