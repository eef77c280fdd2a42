//! `load_weights` of a file of any format: an error changes nothing; what is loaded, saved in each format
//! and loaded again has the same bits.
#![no_main]

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::prelude::Model;
use kseq::train::Sequential;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use kseq_fuzz::model::{Kept, Net, X, bits};
use kseq_fuzz::panics;
use kseq_fuzz::parts::Parts;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);

thread_local! {
    static NET: RefCell<Kept<Net>> = RefCell::default();
}

fuzz_target!(
    init: panics::allow_in("hdf5-pure"),
    |data: &[u8]| {
        let path = FOLDER.join("weights");
        put(&path, data);
        let most = (8 << 20) + 400 * data.len();
        let load = |net: &mut Sequential<Net>| within(most, || told(net.load_weights(&path)).is_some());
        let Some(net) = NET.with_borrow_mut(|net| net.load(load)) else {
            return;
        };
        let _ = net.predict(&X[..]);
        let now = bits(&net);
        let parts = Parts::of(data, 4);
        for (part, name) in (0..).zip(["again.safetensors", "again.npz", "again.keras", "again.h5"]) {
            if !parts.has(part) {
                continue;
            }
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
