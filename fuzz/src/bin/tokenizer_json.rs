//! `tokenizer_from_json`: what is read and written again reads the same, and does the same.
#![no_main]

use kseq::preprocessing::text::{Mode, tokenizer_from_json};
use kseq_fuzz::{files::told, memory::within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let most = (1 << 16) + 200 * data.len();
    let Some(tokenizer) = within(most, || told(tokenizer_from_json(data))) else {
        return;
    };
    let texts = ["the cat, a dog", "the é"];
    let sequences = tokenizer.texts_to_sequences(&texts);
    told(tokenizer.texts_to_matrix::<4>(&texts, Mode::Tfidf));
    let json = tokenizer.to_json().expect("no function separates");
    let again = tokenizer_from_json(&json).expect("what is written is read");
    assert_eq!(again.to_json().expect("no function separates"), json);
    assert_eq!(again.texts_to_sequences(&texts), sequences);
});
