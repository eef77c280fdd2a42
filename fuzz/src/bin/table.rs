//! The first row of a table that `CSVLogger` goes on with: what is written again reads the same.
#![no_main]

use kseq_fuzz::memory::within;
use libfuzzer_sys::fuzz_target;

// It is private: the file itself.
#[path = "../../../kseq-core/src/train/files"]
mod train {
    pub mod table;

    /// The cells of the first row, and of the same row written again.
    pub fn twice(file: &[u8], separator: char) -> Option<[Vec<String>; 2]> {
        let row = table::first_row(file, separator).expect("memory is read")?;
        let cells = row.iter().map(|cell| table::cell(cell, separator));
        let again = cells.collect::<Vec<_>>().join(&separator.to_string()) + "\n";
        let again = table::first_row(again.as_bytes(), separator).expect("memory is read");
        Some([row, again.expect("what is written is read")])
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((how, file)) = data.split_first() else {
        return;
    };
    let separator = [',', ';', '\t', 'é'][usize::from(how % 4)];
    within((1 << 16) + 100 * file.len(), || {
        if let Some([row, again]) = train::twice(file, separator) {
            assert_eq!(row, again);
        }
    });
});
