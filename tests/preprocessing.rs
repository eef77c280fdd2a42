//! The tokenizer and the padding against keras_preprocessing 1.1.2, on all sentences of `data/`: the
//! numbers are sums that it gave for the same calls.

use kseq::datasets::sentences;
use kseq::preprocessing::sequence::{Side, pad_sequences};
use kseq::preprocessing::text::{Mode, Tokenizer};

/// How many tokens there are, and a sum that knows their order.
fn sums<S: AsRef<[u32]>>(sequences: &[S]) -> (usize, u64) {
    let tokens = sequences.iter().flat_map(|s| (1..).zip(s.as_ref()));
    let weighted = tokens.map(|(place, &token)| place * u64::from(token % 9973));
    let count = sequences.iter().map(|s| s.as_ref().len()).sum();
    (count, weighted.sum())
}

#[test]
fn as_keras() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../data/sentences/sentences.tsv"
    );
    let sentences = sentences::load_data(file).unwrap();
    let texts: Vec<&str> = sentences.iter().map(|s| &*s.text).collect();
    let sequences = |tokenizer: &mut Tokenizer| {
        tokenizer.fit_on_texts(&texts[..15_000]);
        tokenizer.fit_on_texts(&texts[15_000..18_000]);
        tokenizer.texts_to_sequences(&texts)
    };
    let plain = sequences(&mut Tokenizer::new());
    assert_eq!(sums(&plain), (407_413, 5_865_768_282));
    let known = sequences(&mut Tokenizer::new().num_words(1000));
    assert_eq!(sums(&known), (285_055, 377_229_156));
    let letters = sequences(&mut Tokenizer::new().char_level(true).oov_token("?!"));
    assert_eq!(sums(&letters), (2_382_823, 1_418_667_488));
    let cased = sequences(&mut Tokenizer::new().lower(false).filters(".,"));
    assert_eq!(sums(&cased), (403_827, 6_354_938_390));

    let mut tokenizer = Tokenizer::new().num_words(1000).oov_token("<unk>");
    let oov = sequences(&mut tokenizer);
    assert_eq!(sums(&oov), (411_591, 511_697_060));
    let (pre, post) = (Side::Pre, Side::Post);
    let padded = |padding, truncating| sums(&pad_sequences::<20>(&oov, padding, truncating)).1;
    assert_eq!(padded(pre, pre), 469_442_988);
    assert_eq!(padded(pre, post), 464_609_903);
    assert_eq!(padded(post, pre), 343_432_026);
    assert_eq!(padded(post, post), 338_598_941);

    for (mode, keras) in [
        (Mode::Binary, 51_296_253.0),
        (Mode::Count, 55_243_903.0),
        (Mode::Freq, 3_234_693.450_4),
        (Mode::Tfidf, 227_431_891.191_8),
    ] {
        let rows: Vec<[f32; 1000]> = tokenizer.texts_to_matrix(&texts[..3000], mode).unwrap();
        let mut sum = 0.0;
        for (i, row) in rows.iter().enumerate() {
            for (j, &cell) in row.iter().enumerate() {
                sum += f64::from(cell) * ((i % 97 + 1) * (j % 89 + 1)) as f64;
            }
        }
        assert!((sum / keras - 1.0).abs() < 1e-7, "{mode:?}: {sum}, {keras}");
    }
}
