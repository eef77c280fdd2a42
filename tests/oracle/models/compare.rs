//! Numbers of both, and when they are the same.

/// What was found of a model.
#[derive(Debug, Default)]
pub struct Report {
    /// What disagrees.
    pub wrong: Vec<String>,
}

impl Report {
    /// Of a model that could not be run to its end.
    pub fn panicked(seed: u64) -> Report {
        Report { wrong: vec![format!("a panic in model {seed}")] }
    }

    /// Compares, relative to the largest number.
    pub fn close(&mut self, name: &str, expected: &[f64], found: &[f32], tolerance: f64) {
        if expected.len() != found.len() {
            self.wrong.push(format!("{name}: {} numbers, expected {}", found.len(), expected.len()));
            return;
        }
        let largest = expected.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
        let pairs = expected.iter().zip(found).enumerate();
        let distance = |expected: f64, found: f32| (expected - f64::from(found)).abs();
        let worst = pairs.max_by(|a, b| distance(*a.1.0, *a.1.1).total_cmp(&distance(*b.1.0, *b.1.1)));
        if let Some((i, (expected, found))) = worst {
            let far = distance(*expected, *found);
            let is_close = far <= tolerance * largest.max(1e-3);
            if !is_close {
                self.wrong.push(format!("{name}[{i}]: kseq {found}, oracle {expected}, off by {:.1e} of the largest", far / largest));
            }
        }
    }

    /// Two results of kseq's that have to be the same bits.
    pub fn same(&mut self, name: &str, expected: &[f32], found: &[f32]) {
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        if bits(expected) != bits(found) {
            let first = expected.iter().zip(found).position(|(a, b)| a.to_bits() != b.to_bits());
            self.wrong.push(format!("{name}: other bits from {first:?} on, {:?}", first.map(|i| (expected[i], found[i]))));
        }
    }
}
