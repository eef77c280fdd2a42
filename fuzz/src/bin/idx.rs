//! MNIST's files, of which one is any bytes: plain, packed, or any bytes that are packed.
#![no_main]

use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

use flate2::{Compression, write::GzEncoder};
use kseq::datasets::mnist;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder();
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, 2];
    labels.extend([3; 2]);
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    images.extend([9; 2 * 784]);
    for part in ["train", "t10k"] {
        put(&folder.join(format!("{part}-images-idx3-ubyte")), &images);
        put(&folder.join(format!("{part}-labels-idx1-ubyte")), &labels);
    }
    folder
});

fuzz_target!(|data: &[u8]| {
    let Some((how, data)) = data.split_first() else {
        return;
    };
    let name = ["images-idx3-ubyte", "labels-idx1-ubyte"][usize::from(how % 2)];
    let plain = FOLDER.join(format!("t10k-{name}"));
    let packed = FOLDER.join(format!("t10k-{name}.gz"));
    let kept = std::fs::read(&plain).expect("it is put back each time");
    match how / 2 % 3 {
        0 => put(&plain, data),
        1 => put(&packed, data),
        _ => {
            let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
            gz.write_all(data).expect("memory is written");
            put(&packed, &gz.finish().expect("memory is written"));
        }
    }
    if how / 2 % 3 > 0 {
        std::fs::remove_file(&plain).expect("it was there");
    }
    // Deflate packs a thousandfold; images are copied once, and become numbers of four bytes.
    within((1 << 20) + 12 * 1100 * data.len(), || {
        if let Some(read) = told(mnist::load_data_up_to(&*FOLDER, 1 << 20)) {
            assert_eq!(read.x_test.len(), read.y_test.len());
            assert!(read.y_test.iter().all(|label| *label < 10));
            let _ = mnist::scaled::<[f32; 784]>(&read.x_test);
        }
    });
    let _ = std::fs::remove_file(&packed);
    put(&plain, &kept);
});
