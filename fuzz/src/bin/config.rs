//! The text of `model.to_json()`, of any Keras.
#![no_main]

use kseq_fuzz::{files::told, keras::all_of, memory::within};
use kseq_import::read::read_bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // It may be a file of HDF5's: then as much as that may take, whose headers have room for 65,535 messages.
    let most = (8 << 20) + 400 * data.len();
    let file = within(most, || told(read_bytes(data, "the file")));
    if let Some(file) = file {
        all_of(&file, data);
    }
});
