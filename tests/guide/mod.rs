//! What the tests of the guides share. The guides lie in `../shared/seeds/`; each of their code blocks is
//! a test of `guide_000.rs` to `guide_004.rs`, and a block that several guides have is a function here.
#![allow(dead_code)]

pub mod compile;
pub mod generators;
pub mod models;
pub mod signatures;

use std::process::Command;

use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};

/// `np.random`, with a seed.
pub fn rng(seed: u64) -> Rng {
    Rng::new(seed, Purpose::User, 0, 0)
}

/// `np.random.random((n, N))`
pub fn random<const N: usize>(rng: &mut Rng, n: usize) -> Vec<[f32; N]> {
    (0..n)
        .map(|_| std::array::from_fn(|_| rng.uniform()))
        .collect()
}

/// `np.random.random((n, T, N))`
pub fn sequences<const T: usize, const N: usize>(rng: &mut Rng, n: usize) -> Vec<[[f32; N]; T]> {
    random::<N>(rng, n * T).as_chunks().0.to_vec()
}

/// `np.random.randint(high, size=(n, 1))`
pub fn randint(rng: &mut Rng, high: u32, n: usize) -> Vec<u32> {
    (0..n).map(|_| rng.below(high)).collect()
}

/// The same as targets of one unit.
pub fn column(classes: &[u32]) -> Vec<[f32; 1]> {
    classes.iter().map(|&class| [class as f32]).collect()
}

#[track_caller]
pub fn close(found: f32, expected: f64) {
    let difference = (f64::from(found) - expected).abs();
    assert!(
        difference <= 1e-5 * expected.abs().max(1e-2),
        "found {found}, expected {expected}"
    );
}

/// The keys of a history.
pub fn keys(history: &History) -> Vec<&str> {
    history.keys().collect()
}

/// The number of samples of [`Probe`].
pub const N: usize = 10;

sequential! {
    /// All parameters stay 0 if the learning rate is 0, so every output is 0. As sample k is the k-th
    /// unit vector, element k of the kernel's gradient is that of sample k alone: it tells which
    /// samples a batch had, and what they counted for.
    pub Probe = [Dense(1, use_bias = False, kernel_initializer = "zeros", input_dim = N)]
}

/// The samples: unit vectors.
pub fn unit_vectors() -> Vec<[f32; N]> {
    (0..N)
        .map(|k| std::array::from_fn(|i| f32::from(u8::from(i == k))))
        .collect()
}

/// The targets 1, -2, 3, -4, ...: class 1 for even samples, class 0 for odd ones.
pub fn targets() -> Vec<[f32; 1]> {
    (0..N).map(|k| [target(k) as f32]).collect()
}

fn target(k: usize) -> f64 {
    (k + 1) as f64 * if k.is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// The loss of these samples with these weights: the mean of `weight * target^2`.
pub fn loss_of(samples: &[(usize, f64)]) -> f64 {
    let sum: f64 = samples.iter().map(|&(k, w)| w * target(k).powi(2)).sum();
    sum / samples.len() as f64
}

/// The same with weight 1.
pub fn loss_of_all(samples: impl IntoIterator<Item = usize>) -> f64 {
    loss_of(&samples.into_iter().map(|k| (k, 1.0)).collect::<Vec<_>>())
}

pub type ProbeModel = Compiled<Probe, SGD, MeanSquaredError, ()>;

pub fn probe() -> ProbeModel {
    compile!(Probe::new(0), optimizer = SGD(lr = 0.0), loss = "mse")
}

/// Samples and their weights, batch by batch.
#[derive(Default)]
pub struct Seen {
    pub batches: Vec<Vec<(usize, f32)>>,
    /// The number of batches of each test.
    pub tested: Vec<usize>,
    /// The numbers of the epochs.
    pub epochs: Vec<usize>,
}

impl Seen {
    /// The samples of each batch, without their weights.
    pub fn samples(&self) -> Vec<Vec<usize>> {
        let samples = |batch: &Vec<(usize, f32)>| batch.iter().map(|&(k, _)| k).collect();
        self.batches.iter().map(samples).collect()
    }
}

impl Callback<Probe> for Seen {
    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_, Probe>) -> Result<(), Error> {
        self.epochs.push(epoch);
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, Probe>,
    ) -> Result<(), Error> {
        // The gradient of sample k in a batch of B: weight * 2 (0 - target) / B.
        let gradient = t.gradients().dense_1.kernel.as_flattened();
        let samples = gradient.iter().enumerate().filter(|(_, g)| **g != 0.0);
        let size = samples.clone().count() as f64;
        let weight = |(k, g): (usize, &f32)| (k, (f64::from(*g) * size / -2.0 / target(k)) as f32);
        self.batches.push(samples.map(weight).collect());
        Ok(())
    }

    fn on_test_begin(&mut self, _: &mut Training<'_, Probe>) -> Result<(), Error> {
        self.tested.push(0);
        Ok(())
    }

    fn on_test_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        _: &mut Training<'_, Probe>,
    ) -> Result<(), Error> {
        if let Some(tested) = self.tested.last_mut() {
            *tested += 1;
        }
        Ok(())
    }
}

/// What each part prints. The test of this name runs again in a process of its own, which ends here.
pub fn printed<const P: usize>(test: &str, parts: [&dyn Fn(); P]) -> [String; P] {
    const CHILD: &str = "KSEQ_GUIDE_PRINTS";
    const MARK: &str = "=====";
    if std::env::var_os(CHILD).is_some() {
        for part in parts {
            println!("{MARK}");
            part();
        }
        println!("{MARK}");
        std::process::exit(0);
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    let text = String::from_utf8(child.stdout).unwrap();
    let mut parts = text.split(MARK).skip(1).map(|part| part.trim().to_owned());
    std::array::from_fn(|_| parts.next().unwrap())
}
