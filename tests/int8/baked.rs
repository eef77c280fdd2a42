//! `include_weights!(Quantized<Net>, ..)`: the twin in the program gives the bits of the one on the host.
//!
//! The files are those of `models.rs`: `tests/baked_files.rs` writes them.

use kseq::int8::{BakedQuantized, Quantizable};
use kseq::prelude::*;
use kseq::tensor::Tensor;

use super::models::{Mixed, Picture, Series, samples};

static PICTURE: BakedQuantized<Picture> =
    include_weights!(Quantized<Picture>, "int8/picture.q8.safetensors");
static MIXED: BakedQuantized<Mixed> =
    include_weights!(Quantized<Mixed>, "int8/mixed.q8.safetensors");
static SERIES: BakedQuantized<Series> =
    include_weights!(Quantized<Series>, "int8/series.q8.safetensors");

/// The twin that the host reads.
fn loaded<M: Quantizable>(name: &str) -> Quantized<M> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/int8");
    Quantized::load(format!("{folder}/{name}.q8.safetensors")).unwrap()
}

/// Compares the twin of the program with the one of the host from the same file.
#[track_caller]
fn same_bits<M>(baked: &BakedQuantized<M>, name: &str)
where
    M: Quantizable<Input: Tensor<Elem = f32>, Output: PartialEq + std::fmt::Debug>,
{
    let twin = loaded::<M>(name);
    assert_eq!(twin.input_scale(), baked.input_scale());
    assert_eq!(twin.output_scale(), baked.output_scale());
    let x: Vec<M::Input> = samples(50);
    let mut expected = vec![M::Output::ZERO; x.len()];
    twin.predict_into(&x, &mut expected).unwrap();
    for (x, expected) in x.iter().zip(&expected) {
        // Whatever the memory holds.
        let (mut y, mut scratch) = (M::Output::ZERO, [f32::NAN; 4000]);
        baked.predict_into(x, &mut y, &mut scratch).unwrap();
        assert_eq!(&y, expected);
    }
    let differ = expected.iter().any(|y| *y != expected[0]);
    assert!(differ, "the outputs are the same");
}

#[test]
fn twins_in_the_program_are_those_of_the_host() {
    same_bits(&PICTURE, "picture");
    same_bits(&MIXED, "mixed");
    same_bits(&SERIES, "series");
}

#[test]
fn integers_in_and_out() {
    let twin = loaded::<Picture>("picture");
    let x: Vec<i8> = (0..64).map(|i| (i * 37 % 256 - 128) as i8).collect();
    let (mut expected, mut y) = ([0; 4], [0; 4]);
    twin.predict_int8_into(&x, &mut expected).unwrap();
    let mut scratch = [f32::NAN; BakedQuantized::<Picture>::INT8_SCRATCH];
    PICTURE.predict_int8_into(&x, &mut y, &mut scratch).unwrap();
    assert_eq!(y, expected);
    assert_ne!(y, [0; 4]);
    // The scale of a softmax is 1 / 256, and its zero point -128.
    assert_eq!(PICTURE.output_scale(), (1.0 / 256.0, -128));
    let wrong = PICTURE.predict_int8_into(&x[1..], &mut y, &mut scratch);
    assert!(matches!(wrong, Err(Error::Lengths { x: 63, y: 4, .. })));
    // Where an end is in `f32` there are no such integers.
    let mut scratch = [0.0; 4000];
    let wrong = MIXED.predict_int8_into(&x[..18], &mut y[..1], &mut scratch);
    assert!(wrong.is_err());
    assert!(
        SERIES
            .predict_int8_into(&x[..20], &mut y[..2], &mut scratch)
            .is_err()
    );
}

#[test]
fn sizes_are_constants() {
    const WORDS: usize =
        BakedQuantized::<Picture>::SCRATCH - BakedQuantized::<Picture>::INT8_SCRATCH;
    // The sample and the output in integers.
    assert_eq!(WORDS, 64 / 4 + 1);
    assert_eq!(
        BakedQuantized::<Picture>::BYTES,
        Quantized::<Picture>::bytes()
    );
    assert_eq!(
        size_of::<BakedQuantized<Picture>>().next_multiple_of(64),
        BakedQuantized::<Picture>::BYTES.next_multiple_of(64)
    );
}
