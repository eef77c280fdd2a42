//! MNIST's files, of which one is any bytes: plain, packed, or any bytes that are packed.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::datasets::mnist;
use kseq_fuzz::archive::gz;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 2] = ["images-idx3-ubyte", "labels-idx1-ubyte"];

/// A folder for the images and one for the labels of which the data are the file, twice: plain, and packed.
static FOLDERS: LazyLock<[PathBuf; 4]> = LazyLock::new(|| {
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, 2];
    labels.extend([3; 2]);
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    images.extend([9; 2 * 784]);
    core::array::from_fn(|i| {
        let folder = folder().join(i.to_string());
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        for part in ["train", "t10k"] {
            for (name, valid) in NAMES.into_iter().zip([&images, &labels]) {
                if (part, name) != ("t10k", NAMES[i % 2]) {
                    put(&folder.join(format!("{part}-{name}")), valid);
                }
            }
        }
        folder
    })
});

fuzz_target!(|data: &[u8]| {
    let Some((how, data)) = data.split_first() else {
        return;
    };
    let (which, packed) = (usize::from(how % 2), how / 2 % 3 > 0);
    let folder = &FOLDERS[which + 2 * usize::from(packed)];
    let ending = if packed { ".gz" } else { "" };
    let path = folder.join(format!("t10k-{}{ending}", NAMES[which]));
    match how / 2 % 3 {
        2 => put(&path, &gz(data)),
        _ => put(&path, data),
    }
    // Deflate packs a thousandfold; images are copied once, and become numbers of four bytes.
    within((1 << 20) + 12 * 1100 * data.len(), || {
        if let Some(read) = told(mnist::load_data_up_to(folder, 1 << 20)) {
            assert_eq!(read.x_test.len(), read.y_test.len());
            assert!(read.y_test.iter().all(|label| *label < 10));
            let _ = mnist::scaled::<[f32; 784]>(&read.x_test);
        }
    });
});
