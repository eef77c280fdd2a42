//! `Csv::open` and every batch: all batches together are the file read as one.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::datasets::{Csv, CsvFlow, DatasetError};
use kseq::train::Sequence;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use kseq_fuzz::parts::Parts;
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> = LazyLock::new(|| folder().join("x.csv"));

/// The bits of all rows, or the first error of a batch.
type Rows = Result<(Vec<[u32; 2]>, Vec<u32>), String>;

/// `None` if it cannot be opened.
fn read(flow: Result<CsvFlow<[f32; 2], f32>, DatasetError>) -> Option<Rows> {
    let flow = told(flow)?;
    let (mut x, mut y) = (vec![], vec![]);
    for i in 0..flow.len() {
        match flow.get(i) {
            Ok(batch) => {
                assert_eq!(batch.x.len(), batch.y.len());
                x.extend(batch.x.iter().map(|x| x.map(f32::to_bits)));
                y.extend(batch.y.iter().map(|y| y.to_bits()));
            }
            Err(e) => return Some(Err(e.to_string())),
        }
    }
    Some(Ok((x, y)))
}

fuzz_target!(|data: &[u8]| {
    let parts = Parts::of(data, 4);
    let [how, size, data @ ..] = data else {
        return;
    };
    put(&PATH, data);
    let delimiter = b",;\t \"\n\r\xff"[usize::from(how / 2 % 8)];
    let csv = Csv::new().header(how % 2 == 0).delimiter(delimiter);
    let csv = match how & 128 {
        0 => csv.target(2),
        _ => csv.target("c").feature("b").feature(0),
    };
    within((1 << 20) + 100 * data.len(), || {
        let some = read(csv.clone().batch_size(usize::from(*size)).open(&*PATH));
        let all = read(csv.clone().batch_size(1 << 20).open(&*PATH));
        if *size > 0 {
            match (&some, &all) {
                (Some(Err(_)), Some(Err(_))) => {}
                _ => assert_eq!(some, all, "the batches are the file"),
            }
        }
        // Targets of another type.
        if parts.has(0) {
            let whole = csv.batch_size(usize::MAX).open::<[f32; 2], u32>(&*PATH);
            told(whole).map(|flow| told(flow.get(0)));
        }
    });
});
