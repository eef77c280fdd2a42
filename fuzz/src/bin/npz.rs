//! `.npz`, and `.npy` as weights: raw bytes, or an archive whose members are any bytes. What is written again reads the same.
#![no_main]

use kseq_fuzz::{archive, files::told, memory::within};
use kseq_import::array::{Array, Group};
use kseq_import::read::read_bytes;
use kseq_import::write::npz;
use libfuzzer_sys::fuzz_target;

/// Names, shapes and bits.
fn arrays(
    groups: &[Group],
    name: fn(&Group, &Array) -> String,
) -> Vec<(String, Vec<usize>, Vec<u32>)> {
    let of_group = |group: &Group| {
        let of = |array: &Array| {
            let bits = array.values.iter().map(|value| value.to_bits());
            (name(group, array), array.shape.clone(), bits.collect())
        };
        group.arrays.iter().map(of).collect::<Vec<_>>()
    };
    groups.iter().flat_map(of_group).collect()
}

fuzz_target!(|data: &[u8]| {
    let bytes = match data.split_first() {
        Some((b'@', members)) => {
            const NAMES: [&str; 4] = ["a.npy", "dense_1.kernel.npy", "dense_1/bias.npy", "é.npy"];
            let members = archive::members(members);
            let members: Vec<_> = NAMES.into_iter().zip(members).collect();
            archive::zip(&members)
        }
        _ => data.to_vec(),
    };
    let most = (8 << 20) + 400 * bytes.len();
    let Some(file) = within(most, || told(read_bytes(&bytes, "the file"))) else {
        return;
    };
    let before = arrays(&file.groups, |group, array| {
        format!("{}.{}", group.name, array.name)
    });
    let written = npz(&file.groups).expect("small arrays");
    if before.is_empty() {
        return;
    }
    let again = read_bytes(&written, "what was written").expect("what is written is read");
    // The name of the layer is a part of an array's.
    assert_eq!(before, arrays(&again.groups, |_, array| array.name.clone()));
});
