//! Numbers of both, and when they are the same.

use std::collections::BTreeMap;

use kseq_oracle::expected::Numbers;

/// The share of the largest number of an array that rounding may come to where nothing makes it larger: forward and back, for each layer.
const FORWARD: f64 = 4e-6;
const BACK: f64 = 2e-5;
/// How much larger kseq's rounding may be than what the oracle's numbers move if they are rounded so.
const MOVES: f64 = 10.0;
/// What they are rounded by, a little more than an `f32` is.
pub const ROUNDING: f64 = 2e-7;
/// How often.
const TRIES: u64 = 6;

/// What was found of a model.
#[derive(Debug, Default)]
pub struct Report {
    /// What disagrees.
    pub wrong: Vec<String>,
    /// What is as far away as rounding moves the oracle's own numbers.
    pub ill_conditioned: usize,
    /// A hash of all numbers of kseq's.
    pub bits: u64,
}

impl Report {
    /// Of a model that could not be run to its end.
    pub fn panicked(seed: u64) -> Report {
        Report {
            wrong: vec![format!("a panic in model {seed}")],
            ..Report::default()
        }
    }

    /// Two results of kseq's that have to be the same bits.
    pub fn same(&mut self, name: &str, expected: &[f32], found: &[f32]) {
        let first = expected
            .iter()
            .zip(found)
            .position(|(a, b)| a.to_bits() != b.to_bits());
        if first.is_some() || expected.len() != found.len() {
            self.wrong.push(format!(
                "{name}: other bits from {first:?} on, {:?}",
                first.map(|i| (expected[i], found[i]))
            ));
        }
    }
}

/// Kseq's numbers by their names.
#[derive(Clone, Default)]
pub struct Found(BTreeMap<String, Vec<f32>>);

impl Found {
    /// Adds some.
    pub fn add(&mut self, name: String, numbers: &[f32]) {
        self.0.insert(name, numbers.to_vec());
    }

    /// Compares all of them; `rounded` gives what the oracle's become by rounding of its own.
    pub fn compare(
        &self,
        expected: &Numbers,
        depth: usize,
        rounded: impl Fn(u64) -> Numbers,
        report: &mut Report,
    ) {
        let names = |all: Vec<&String>| all.into_iter().cloned().collect::<Vec<_>>();
        if !self.0.keys().eq(expected.keys()) {
            let (kseq, oracle) = (
                names(self.0.keys().collect()),
                names(expected.keys().collect()),
            );
            report
                .wrong
                .push(format!("kseq has {kseq:?}, the oracle {oracle:?}"));
            return;
        }
        self.hash(report);
        let far: Vec<&String> = self
            .0
            .keys()
            .filter(|name| !self.is_close(name, expected, depth))
            .collect();
        if far.is_empty() {
            return;
        }
        let tries: Vec<Numbers> = (0..TRIES).map(rounded).collect();
        for name in far {
            let expected_here = &expected[name];
            if expected_here.len() != self.0[name].len() {
                let (expected, found) = (expected_here.len(), self.0[name].len());
                report.wrong.push(format!(
                    "{name}: kseq has {found} numbers, the oracle {expected}"
                ));
                continue;
            }
            let tolerance = tolerance(name, expected, depth);
            let moved = |i: usize| {
                tries
                    .iter()
                    .map(|numbers| (numbers[name][i] - expected_here[i]).abs())
                    .fold(0.0, f64::max)
            };
            let most = (0..expected_here.len()).map(moved).fold(0.0, f64::max);
            let pairs = expected_here.iter().zip(&self.0[name]).enumerate();
            let worst =
                pairs.max_by(|a, b| distance(*a.1.0, *a.1.1).total_cmp(&distance(*b.1.0, *b.1.1)));
            if let Some((i, (expected, found))) = worst {
                if distance(*expected, *found) <= tolerance + MOVES * most {
                    report.ill_conditioned += 1;
                } else {
                    let text = format!(
                        "{name}[{i}]: kseq {found}, oracle {expected}, tolerance {tolerance:.1e}, rounding moves it by {:.1e}, any by {most:.1e}",
                        moved(i)
                    );
                    report.wrong.push(text);
                }
            }
        }
    }

    fn is_close(&self, name: &str, all: &Numbers, depth: usize) -> bool {
        let found = &self.0[name];
        let (expected, tolerance) = (&all[name], tolerance(name, all, depth));
        found.len() == expected.len()
            && expected
                .iter()
                .zip(found)
                .all(|(expected, found)| distance(*expected, *found) <= tolerance)
    }

    fn hash(&self, report: &mut Report) {
        for number in self.0.values().flatten() {
            report.bits = (report.bits ^ u64::from(number.to_bits()))
                .wrapping_mul(0x0100_0000_01b3)
                .rotate_left(23);
        }
    }
}

fn distance(expected: f64, found: f32) -> f64 {
    let distance = (expected - f64::from(found)).abs();
    if distance.is_nan() {
        f64::INFINITY
    } else {
        distance
    }
}

/// How far kseq's may be from an array of these numbers.
fn tolerance(name: &str, all: &Numbers, depth: usize) -> f64 {
    let largest = |numbers: &[f64]| numbers.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let own = largest(&all[name]).max(1e-2);
    let (share, size) = if name.starts_with("gradient") {
        // Where they cancel, as in front of a normalization, sums are as exact as what is summed.
        let gradients = all.iter().filter(|(name, _)| name.starts_with("gradient"));
        let of_all = gradients.map(|(_, numbers)| largest(numbers));
        (BACK, own.max(0.05 * of_all.fold(0.0, f64::max)))
    } else if name.starts_with("step") {
        (BACK, own)
    } else {
        (FORWARD, own)
    };
    share * (2 + depth) as f64 * size
}
