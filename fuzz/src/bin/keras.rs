//! `.keras`: raw bytes, or an archive of a config, an HDF5 file and what Keras says of itself, each of them any bytes.
#![no_main]

use kseq_fuzz::{archive, files::told, keras::all_of, memory::within, panics};
use kseq_import::read::read_bytes;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 3] = ["config.json", "metadata.json", "model.weights.h5"];

fuzz_target!(
    init: panics::allow_in("hdf5-pure"),
    |data: &[u8]| {
        let bytes = match data.starts_with(b"PK") {
            true => data.to_vec(),
            false => {
                let members: Vec<_> = NAMES.into_iter().zip(archive::members(data)).collect();
                archive::zip(&members)
            }
        };
        let most = (8 << 20) + 400 * bytes.len();
        let file = within(most, || told(read_bytes(&bytes, "the file")));
        if let Some(file) = file {
            all_of(&file, data);
        }
    }
);
