//! The tokenizer and what is around it, on any text; a tokenizer as JSON reads the same.
#![no_main]

use kseq::preprocessing::sequence::{Side, pad_sequences};
use kseq::preprocessing::text::{
    FILTERS, Mode, Tokenizer, hashing_trick, text_to_word_sequence, tokenizer_from_json,
};
use kseq_fuzz::files::told;
use kseq_fuzz::parts::Parts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|whole: &[u8]| {
    let [how, words, data @ ..] = whole else {
        return;
    };
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut tokenizer = Tokenizer::new()
        .num_words(usize::from(words % 8))
        .lower(how & 1 == 0)
        .char_level(how & 2 != 0);
    if how & 4 != 0 {
        tokenizer = tokenizer.oov_token(lines[0]);
    }
    if how & 8 != 0 {
        tokenizer = tokenizer.filters(lines[lines.len() - 1]);
    }
    if how & 16 != 0 {
        tokenizer = tokenizer.filters_by(|c| !c.is_alphanumeric());
    }
    let _ = tokenizer.texts_to_sequences(&lines);
    tokenizer.fit_on_texts(&lines);
    tokenizer.fit_on_texts(&lines);
    let sequences = tokenizer.texts_to_sequences(&lines);
    let known = tokenizer.words().len();
    let is_known = |number: &u32| (1..=known).contains(&(*number as usize));
    assert!(sequences.iter().flatten().all(is_known));
    assert!(
        tokenizer
            .words()
            .iter()
            .all(|word| tokenizer.word_index(word).is_some())
    );
    let parts = Parts::of(whole, 4);
    if parts.has(0) {
        assert_eq!(tokenizer.sequences_to_texts(&sequences).len(), lines.len());
        for side in [Side::Pre, Side::Post] {
            let rows = pad_sequences::<3>(&sequences, side, side);
            assert_eq!(rows.len(), sequences.len());
        }
    }
    if parts.has(1) {
        for mode in [Mode::Binary, Mode::Count, Mode::Freq, Mode::Tfidf] {
            let rows = told(tokenizer.texts_to_matrix::<5>(&lines, mode));
            let values = rows.iter().flatten().flatten();
            assert!(values.into_iter().all(|v| v.is_finite() && *v >= 0.0));
            told(tokenizer.texts_to_matrix::<0>(&lines, mode));
        }
    }
    if parts.has(2) {
        let _ = text_to_word_sequence(&text, FILTERS, how & 1 == 0);
        let numbers = hashing_trick(&text, u32::from(*words), FILTERS, true);
        assert!(numbers.iter().all(|n| (1..u32::from(*words)).contains(n)));
    }
    if parts.has(3)
        && let Some(json) = told(tokenizer.to_json())
    {
        let again = tokenizer_from_json(&json).expect("what is written is read");
        assert_eq!(again.to_json().expect("no function separates"), json);
        assert_eq!(again.texts_to_sequences(&lines), sequences);
    }
});
