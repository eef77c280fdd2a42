//! `.npy`: its header, which written again reads the same; `Npy::open` and `read` for samples of several shapes.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::datasets::{Npy, Number};
use kseq::tensor::Tensor;
use kseq::train::Samples;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use kseq_safetensors::{NpyHeader, npy_header};
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> = LazyLock::new(|| folder().join("x.npy"));

fn samples<T: Tensor<Elem: Number>>() {
    if let Some(npy) = told(Npy::<T>::open(&*PATH)) {
        let len = npy.len();
        let some: Vec<usize> = (0..len.min(64)).chain(len.checked_sub(1)).collect();
        assert_eq!(npy.read(&some).expect("it is whole").len(), some.len());
        assert!(npy.read(&[len]).is_err());
    }
}

fuzz_target!(|data: &[u8]| {
    let header = within((1 << 16) + 40 * data.len(), || told(NpyHeader::parse(data)));
    let Some(NpyHeader { dtype, shape, .. }) = header else {
        return;
    };
    let dtype = dtype.unwrap_or("|u1");
    if dtype.len() + 21 * shape.len() < 60_000 {
        let bytes = npy_header(dtype, &shape);
        let again = NpyHeader::parse(&bytes).expect("what is written is read");
        assert_eq!((again.dtype, &again.shape), (Some(dtype), &shape));
        assert!(!again.fortran_order && again.begin == bytes.len());
    }
    put(&PATH, data);
    within((1 << 20) + 40 * data.len(), || {
        samples::<f32>();
        samples::<u32>();
        samples::<[f32; 2]>();
        samples::<[u32; 2]>();
        samples::<[[f32; 3]; 2]>();
    });
});
