//! All formats: real files of other people, if they are there, and the project's own.

use std::path::{Path, PathBuf};

use kseq_import::file::{File, Order};
use kseq_import::read::{read, read_bytes};

fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files")
}

/// The folder of real files, which is not part of the project.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("KSEQ_SHARED").map_or(root, PathBuf::from);
    let models = root.join("models");
    models.is_dir().then_some(models)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|f| {
        f.extension()
            .is_some_and(|e| e != "safetensors" && e != "py")
    });
    files.sort();
    files
}

fn arrays(file: &File) -> usize {
    file.groups.iter().map(|group| group.arrays.len()).sum()
}

fn values(file: &File) -> usize {
    let arrays = file.groups.iter().flat_map(|group| &group.arrays);
    arrays.map(|array| array.values.len()).sum()
}

#[test]
fn real_files_are_read_whole() {
    let Some(folder) = shared() else { return };
    // Arrays and numbers, as h5py counts them in the datasets below `model_weights` or `layers`.
    const HELD: [(usize, usize); 26] = [
        (6, 321),
        (6, 11739),
        (6, 2945),
        (12, 9442),
        (8, 3096),
        (6, 4865),
        (16, 2540),
        (7, 5921),
        (5, 8001),
        (10, 8201),
        (5, 10451),
        (14, 6912),
        (8, 10786),
        (8, 10625),
        (8, 11430),
        (5, 19334),
        (10, 12648),
        (6, 20682),
        (16, 14335),
        (5, 21451),
        (8, 23301),
        (22, 25921),
        (8, 37570),
        (14, 52322),
        (28, 89258),
        (6, 144513),
    ];
    let mut models = files(&folder);
    models.retain(|f| f.extension().is_some_and(|e| e == "h5" || e == "keras"));
    assert_eq!(models.len(), HELD.len());
    for (path, (count, numbers)) in models.iter().zip(HELD) {
        let file = read(path).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!((arrays(&file), values(&file)), (count, numbers), "{path:?}");
        assert!(file.config.is_some(), "{path:?}");
        assert_eq!(file.order, Order::Layers, "{path:?}");
    }
}
