//! The source of each model that the importer writes, compiled, with the test of its outputs.

#![allow(missing_docs)]

include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// What is refused is refused for its own reason.
#[test]
fn what_is_refused() {
    for (name, why) in REFUSED {
        println!("{name}: {why}");
    }
}
