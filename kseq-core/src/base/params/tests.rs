use std::vec;
use std::vec::Vec;

use super::*;

params! {
    /// What a layer may have: something of each rank, and something that is left out.
    pub struct Arrays<const A: usize, const B: usize> {
        /// `(A, 3)`
        pub kernel: [[f32; 3]; A],
        /// `(B,)`, or nothing
        pub bias: [f32; B],
        /// One number.
        pub scale: f32,
    }
}

type Both = TwoWays<Arrays<2, 0>, TwoWays<NoParams, [Arrays<1, 2>; 2]>>;

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| i as f32 + 1.0).collect()
}

/// The fields one after the other, seen both ways.
#[test]
fn one_run_of_values() {
    assert_eq!((Arrays::<2, 0>::LEN, Both::LEN, NoParams::LEN), (7, 19, 0));
    let mut values = numbers(Both::LEN);
    let both = Both::of_f32s_mut(&mut values).expect("as many");
    assert_eq!(
        both.forward_layer.kernel,
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    );
    assert_eq!(both.forward_layer.scale, 7.0);
    let [first, second] = &mut both.backward_layer.backward_layer;
    assert_eq!(
        (first.kernel, first.bias, first.scale),
        ([[8.0, 9.0, 10.0]], [11.0, 12.0], 13.0)
    );
    second.bias[1] = -1.0;
    assert_eq!(both.as_f32s()[17..], [-1.0, 19.0]);
    both.as_f32s_mut().fill(2.0);
    assert_eq!(values, [2.0; 19]);
    for wrong in [0, 18, 20] {
        assert!(Both::of_f32s_mut(&mut numbers(wrong)).is_none());
    }
}

#[test]
fn what_is_empty_has_no_values() {
    assert!(NoParams.as_f32s().is_empty());
    assert!(NoParams.as_f32s_mut().is_empty());
    assert!(NoParams::of_f32s_mut(&mut []).is_some());
    assert!(<[Arrays<2, 0>; 0]>::of_f32s_mut(&mut []).is_some());
    assert!(NoParams::of_f32s_mut(&mut [1.0]).is_none());
}

#[test]
fn on_the_heap_and_aligned() {
    let mut zeros = zeroed_box::<Both>();
    assert_eq!(zeros.as_f32s().as_ptr().addr() % 64, 0);
    assert_eq!(zeros.as_f32s(), [0.0; 19]);
    zeros.as_f32s_mut()[18] = 3.0;
    assert_eq!(zeros.backward_layer.backward_layer[1].scale, 3.0);
    assert_eq!(zeroed::<Both>().as_f32s(), [0.0; 19]);
    assert!(zeroed_box::<NoParams>().as_f32s().is_empty());
    let mut memory = vec![0.0; 40];
    let skipped = unaligned(&memory);
    assert!(skipped <= UNALIGNED);
    assert_eq!(aligned(&mut memory).len(), 40 - skipped);
    assert!(aligned(&mut []).is_empty());
}

/// Bytes of a file, those that are there and fit.
#[test]
fn values_of_bytes() {
    let mut some = Aligned::<[f32; 3]>::zeroed();
    let bytes: Vec<u8> = [1.5_f32, -2.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    some.set_le_bytes(1, &bytes);
    assert_eq!(*some, [0.0, 1.5, -2.0]);
    for (first, bytes) in [(2, &bytes[..]), (4, &[]), (usize::MAX, &bytes)] {
        some.set_le_bytes(first, bytes);
    }
    assert_eq!(*some, [0.0, 1.5, -2.0]);
    some.set_le_bytes(3, &[]);
    some.set_le_bytes(0, &bytes[..4]);
    assert_eq!(*some, [1.5, 1.5, -2.0]);
}

#[test]
fn any_bits() {
    let mut values = [1.0, f32::NAN, 0.0];
    bits_mut(&mut values).copy_from_slice(&[7, 0x7f80_0001, 1 << 31]);
    assert_eq!(values.map(f32::to_bits), [7, 0x7f80_0001, 1 << 31]);
    assert!(bits_mut(&mut []).is_empty());
}
