//! The file names of `ModelCheckpoint`: patterns in the form of Python's `str.format`.
#![no_main]

use libfuzzer_sys::fuzz_target;

// They are private: the files themselves.
#[allow(dead_code)]
#[path = "../../../kseq-core/src/train/callbacks/filepath.rs"]
mod filepath;
#[allow(dead_code)]
#[path = "../../../kseq-core/src/train/callbacks/number_format.rs"]
mod number_format;

use number_format::Number;

fuzz_target!(|data: &str| {
    let Ok(pattern) = filepath::Pattern::parse(data) else {
        return;
    };
    let names = pattern.names().count();
    assert!(data.contains(pattern.beginning()) || data.contains(['{', '}']));
    for number in [
        Number::Whole(usize::MAX),
        Number::Real(f32::NAN),
        Number::Real(-f32::MAX),
        Number::Real(1e-45),
    ] {
        let filled = pattern.fill(&|_| Some(number)).expect("all have a value");
        assert!(filled.len() < 400 * (names + 1) + 2 * data.len());
    }
    assert_eq!(pattern.fill(&|_| None).is_err(), names > 0);
});
