//! HDF5 of Keras 1, 2 and 3, models and weights.
#![no_main]

use kseq_fuzz::{files::told, keras::all_of, memory::within, panics};
use kseq_import::read::read_bytes;
use libfuzzer_sys::fuzz_target;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

fuzz_target!(
    // A panic of the crate `hdf5-pure` is caught and told as an error of the file.
    init: panics::allow_in("hdf5-pure"),
    |data: &[u8]| {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(data.strip_prefix(SIGNATURE).unwrap_or(data));
        let most = (8 << 20) + 400 * bytes.len();
        let file = within(most, || told(read_bytes(&bytes, "the file")));
        if let Some(file) = file {
            all_of(&file, data);
        }
    }
);
