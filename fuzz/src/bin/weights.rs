//! `load_weights` of a file of any format: an error changes nothing; what is loaded, saved and loaded again has the same bits.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::prelude::Model;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use kseq_fuzz::model::{Net, X, bits};
use kseq_fuzz::panics;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);

fuzz_target!(
    init: panics::allow_in("hdf5-pure"),
    |data: &[u8]| {
        let path = FOLDER.join("weights");
        put(&path, data);
        let mut net = Net::new(1);
        let before = bits(&net);
        let loaded = within((8 << 20) + 400 * data.len(), || told(net.load_weights(&path)));
        if loaded.is_none() {
            assert_eq!(before, bits(&net), "an error changes nothing");
            return;
        }
        let _ = net.predict(&X[..]);
        let now = bits(&net);
        for name in ["again.safetensors", "again.npz", "again.keras", "again.h5"] {
            let path = FOLDER.join(name);
            match name.ends_with("keras") || name.ends_with("h5") {
                true => net.save_keras(&path).expect("Keras has these layers"),
                false => net.save_weights(&path).expect("the folder is writable"),
            }
            let mut other = Net::new(2);
            other.load_weights(&path).expect("what is saved is loaded");
            assert_eq!(now, bits(&other), "{name}");
        }
    }
);
