//! `kseq_safetensors::File` beside the crate of the format: what kseq takes, the crate takes, with the same names, shapes and bytes;
//! what is written again reads the same. (kseq refuses more: types that it does not know, two arrays of one name.)
#![no_main]

use std::borrow::Cow;

use kseq_fuzz::{files::told, memory::within};
use kseq_safetensors::{Entry, File, Values, beside, is_checkpoint, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let most = (1 << 16) + 40 * data.len();
    let Some(file) = within(most, || told(File::parse(data.to_vec()))) else {
        return;
    };
    told(is_checkpoint(&file));
    let is_beside = beside(&file);
    let other = safetensors::SafeTensors::deserialize(data).expect("the crate takes it");
    assert_eq!(file.arrays().len(), other.len());
    let mut entries = Vec::new();
    for array in file.arrays() {
        let tensor = other.tensor(&array.name).expect("the same names");
        assert_eq!(array.shape, tensor.shape());
        assert_eq!(file.bytes(array), tensor.data());
        assert_eq!(
            array.start(),
            tensor.data().as_ptr() as usize - data.as_ptr() as usize
        );
        is_beside(&array.name);
        let doubles = file
            .f64s(array)
            .map(|all| Values::F64(Cow::Owned(all.collect())));
        let whole = file.u64s(array).map(|all| Values::U64(all.collect()));
        entries.extend(doubles.or(whole).map(|values| Entry {
            name: array.name.clone(),
            shape: array.shape.clone(),
            values,
        }));
    }
    let format = file.metadata("format").unwrap_or("none");
    let mut bytes = Vec::new();
    write(&mut bytes, &[("format", format)], entries).expect("memory is written");
    let again = File::parse(bytes).expect("what is written is read");
    assert!(again.checked);
    assert_eq!(again.metadata("format"), Some(format));
    for array in again.arrays() {
        let first = file.get(&array.name).expect("the same names");
        assert_eq!((&first.shape, &first.dtype), (&array.shape, &array.dtype));
        assert_eq!(file.bytes(first), again.bytes(array));
    }
});
