//! kseq compared with the oracle (`kseq_oracle`) on random whole models: see `tests/oracle`.
//!
//! ```sh
//! cargo test -p kseq-oracle-models                                               # as many models as in CI
//! KSEQ_ORACLE_SEED=1000 KSEQ_ORACLE_MODELS=300 cargo test -p kseq-oracle-models  # others
//! cargo test -p kseq-oracle-models -- 17                                         # one of them
//! KSEQ_ORACLE_SEEDS=17,100722 cargo test -p kseq-oracle-models                   # these, whatever else is said
//! ```
//! The models run with the best instructions of this CPU, and again in a process for each of the others. `KSEQ_ISA` names one alone.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use kseq::__core::kernels::dispatch::{Isa, isa};

mod compare;
mod engine;
mod trainings;

use compare::Report;
use engine::{Number, Parts, check};
use kseq::model::Model;

/// What compares a model with the oracle.
type Checked = fn(u64) -> Report;

include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// What a process prints of the bits of a model, for the one that has started it.
const BITS: &str = "bits of model ";

fn main() -> ExitCode {
    let only: Option<u64> = std::env::args().nth(1).and_then(|seed| seed.parse().ok());
    let is_first = std::env::var_os("KSEQ_ISA").is_none();
    let (bits, mut failed) = run_all(only, is_first);
    let (seen, unsteady, disagree) = trainings::all(only);
    println!(
        "oracle, {}: {seen} trainings, {unsteady} depend on rounding, {disagree} disagree",
        isa().name()
    );
    failed += disagree;
    if is_first {
        for weaker in Isa::ALL
            .into_iter()
            .filter(|other| *other < isa() && other.available())
        {
            failed += usize::from(!again(weaker, only, &bits));
        }
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// All models, on two threads: the bits of each, and how many disagree.
fn run_all(only: Option<u64>, is_first: bool) -> (BTreeMap<u64, u64>, usize) {
    let models: Vec<_> = MODELS
        .iter()
        .filter(|model| only.is_none_or(|only| model.0 == only))
        .collect();
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((seed, run)) = models.get(next.fetch_add(1, Relaxed)) {
            let report = catch_unwind(AssertUnwindSafe(|| run(*seed)))
                .unwrap_or_else(|_| Report::panicked(*seed));
            all.lock()
                .expect("no panic in between")
                .push((*seed, report));
        }
    };
    // The memory of a `Trainer` is made on the stack.
    let thread = || std::thread::Builder::new().stack_size(64 << 20);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            thread().spawn_scoped(scope, work).expect("a thread");
        }
    });
    let mut reports = all.into_inner().expect("no panic in between");
    reports.sort_by_key(|report| report.0);
    let (mut failed, mut ill, mut other_sides, mut bits) = (0, 0, 0, BTreeMap::new());
    for (seed, report) in reports {
        ill += usize::from(report.ill_conditioned > 0);
        other_sides += usize::from(report.other_sides > 0);
        if !report.wrong.is_empty() {
            failed += 1;
            match catch_unwind(|| kseq_oracle::generate::model(seed)) {
                Ok(model) => println!(
                    "model {seed}: {}, {}, batch {}: {}",
                    model.loss,
                    model.optimizer,
                    model.batch,
                    model.source()
                ),
                Err(_) => println!("model {seed}: the generator"),
            }
            report
                .wrong
                .iter()
                .take(6)
                .for_each(|wrong| println!("  {wrong}"));
        }
        if !is_first {
            println!("{BITS}{seed} {:x}", report.bits);
        }
        bits.insert(seed, report.bits);
    }
    println!(
        "oracle, {}: {} models, {failed} disagree, {ill} have numbers that rounding moves further, {other_sides} are on another side of a step or a kink",
        isa().name(),
        bits.len()
    );
    (bits, failed)
}

/// The same with fewer instructions; all but the portable code give the same bits.
fn again(isa: Isa, only: Option<u64>, bits: &BTreeMap<u64, u64>) -> bool {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .env("KSEQ_ISA", isa.name())
        .args(only.map(|seed| seed.to_string()));
    let output = command.output().expect("this program again");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut is_right = output.status.success();
    for line in text.lines() {
        let Some((seed, found)) = line
            .strip_prefix(BITS)
            .and_then(|rest| rest.split_once(' '))
        else {
            println!("{line}");
            continue;
        };
        let expected = seed
            .parse()
            .ok()
            .and_then(|seed: u64| bits.get(&seed))
            .map(|bits| format!("{bits:x}"));
        if isa != Isa::Portable && expected.as_deref() != Some(found) {
            println!("model {seed}: other bits with {}", isa.name());
            is_right = false;
        }
    }
    is_right
}
