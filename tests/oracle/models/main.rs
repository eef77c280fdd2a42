//! kseq compared with the oracle (`kseq_oracle`) on random whole models: see `tests/oracle`.
//!
//! ```sh
//! cargo test -p kseq-oracle-models                                           # 200 models, as in CI
//! KSEQ_ORACLE_SEED=1000 KSEQ_ORACLE_MODELS=300 cargo test -p kseq-oracle-models  # others
//! ```

#![allow(clippy::wildcard_imports)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

mod compare;
mod engine;
mod trainings;

use compare::Report;
use engine::{Trained, check};

include!(concat!(env!("OUT_DIR"), "/models.rs"));

fn main() -> ExitCode {
    let only: Option<u64> = std::env::args().nth(1).and_then(|seed| seed.parse().ok());
    let mut failed = 0;
    for (seed, run) in MODELS.iter().filter(|model| only.is_none_or(|only| model.0 == only)) {
        let report = catch_unwind(AssertUnwindSafe(|| run(*seed))).unwrap_or_else(|_| Report::panicked(*seed));
        if !report.wrong.is_empty() {
            failed += 1;
            println!("model {seed} of {}", kseq_oracle::generate::model(*seed).source());
            report.wrong.iter().for_each(|wrong| println!("  {wrong}"));
        }
    }
    println!("oracle: {} models, {failed} disagree", MODELS.len());
    let (seen, unsteady, disagree) = trainings::all(only);
    println!("oracle: {seen} trainings, {unsteady} depend on rounding, {disagree} disagree");
    if failed + disagree == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
