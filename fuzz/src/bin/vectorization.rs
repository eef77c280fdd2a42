//! `TextVectorization` and `StringLookup` on any text.
#![no_main]

use kseq::preprocessing::text::{Split, Standardize, StringLookup, TextMode, TextVectorization};
use kseq_fuzz::files::told;
use kseq_fuzz::parts::Parts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|whole: &[u8]| {
    let [how, most, data @ ..] = whole else {
        return;
    };
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.split('\n').collect();
    let mut vectorize = TextVectorization::new()
        .standardize(match how % 4 {
            0 => Standardize::LowerAndStripPunctuation,
            1 => Standardize::Lower,
            2 => Standardize::StripPunctuation,
            _ => Standardize::None,
        })
        .split(match how / 4 % 4 {
            0 => Split::None,
            1 => Split::Character,
            _ => Split::Whitespace,
        });
    if how & 16 != 0 {
        vectorize = vectorize.max_tokens(usize::from(*most));
    }
    if how & 32 != 0 {
        vectorize = vectorize.ngrams(&[usize::from(most % 4), 1]);
    }
    vectorize.adapt(&lines);
    let size = vectorize.vocabulary_size();
    assert_eq!(vectorize.get_vocabulary().len(), size);
    let numbers = vectorize.ragged(&lines);
    assert!(numbers.iter().flatten().all(|n| (*n as usize) < size));
    assert_eq!(vectorize.call::<3>(&lines).len(), lines.len());
    let parts = Parts::of(whole, 4);
    for (part, mode) in (0..).zip([TextMode::MultiHot, TextMode::Count, TextMode::TfIdf]) {
        if parts.has(part) {
            let rows = told(vectorize.matrix::<40>(&lines, mode));
            let values = rows.iter().flatten().flatten();
            assert!(values.into_iter().all(|v| v.is_finite() && *v >= 0.0));
        }
    }
    if parts.has(3) {
        let mut lookup = StringLookup::new();
        lookup.adapt(&lines);
        if let Some(places) = told(lookup.call(&lines)) {
            let size = lookup.vocabulary_size();
            assert!(places.iter().all(|place| (*place as usize) < size));
        }
    }
});
