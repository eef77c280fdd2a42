//! One measurement: a model, what is done with it, and its data.

use kseq::__core::kernels::isa;
use kseq::losses::{Loss, MeantFor};
use kseq::metrics::Metrics;
use kseq::model::Model;
use kseq::optimizers::Optimizer;
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;
use kseq::train::{Inputs, ToPredict};

use crate::common::{Clock, median, peak::peaks, peak_rss_mb, repeats};
use crate::{MODES, Options, threads};

/// What is to be measured.
pub struct Benchmark<'a> {
    pub model: &'a str,
    pub mode: &'a str,
    pub threads: usize,
    pub options: Options,
}

/// The sizes of a model's work.
#[derive(Clone, Copy)]
pub struct Batch {
    samples: usize,
    batches: usize,
    macs: Option<usize>,
    first: Option<usize>,
}

impl Batch {
    pub fn of(samples: usize) -> Batch {
        Batch {
            samples,
            batches: 32,
            macs: None,
            first: None,
        }
    }

    /// The batches of a data set of `fit`.
    pub fn in_fit(self, batches: usize) -> Batch {
        Batch { batches, ..self }
    }

    /// The multiply-accumulates of a sample, where the list does not know them.
    pub fn macs(self, macs: usize) -> Batch {
        Batch {
            macs: Some(macs),
            ..self
        }
    }

    /// The multiply-accumulates of the first layer with its input, of which there is no gradient, where they are not all
    /// of that layer.
    pub fn first(self, macs: usize) -> Batch {
        Batch {
            first: Some(macs),
            ..self
        }
    }
}

/// Epochs of one call of `fit`.
const EPOCHS: usize = 3;

impl Benchmark<'_> {
    /// `x` and `y` make as many samples and targets as they are told.
    pub fn of<M, O, L, X>(
        &self,
        size: Batch,
        optimizer: O,
        loss: L,
        x: impl Fn(usize) -> Vec<X>,
        y: impl Fn(usize) -> Vec<M::Output>,
    ) where
        M: Model,
        O: Optimizer,
        L: Loss<M::Output, Target = M::Output> + MeantFor<M::Output, M::Units>,
        (): Metrics<M::Output, L::Target>,
        [X]: Inputs<M::Input> + ToPredict<M::Input>,
    {
        let macs = size.macs.unwrap_or(M::MACS);
        let first = size
            .first
            .or(M::LAYERS.first().map(|l| l.macs))
            .unwrap_or(0);
        let batch = size.samples;
        let model = M::new(1).threads(self.threads).expect("threads");
        let mut model = model.compile(optimizer, loss, ());
        match self.mode {
            "train" => {
                let (x, y) = (x(batch), y(batch));
                self.report(batch, 3 * macs - first, 1, || {
                    let scores = model.train_on_batch(&x[..], &y).expect("good data");
                    assert!(scores.loss.is_finite());
                });
            }
            "threads" => {
                let (x, y) = (x(batch), y(batch));
                threads::estimate::<M>(self, |pool, steps| {
                    model.set_pool(pool);
                    for _ in 0..steps {
                        model.train_on_batch(&x[..], &y).expect("good data");
                    }
                });
            }
            "fit" => {
                let samples = batch * size.batches;
                let (x, y) = (x(samples), y(samples));
                self.report(batch, 3 * macs - first, EPOCHS * size.batches, || {
                    let fit = Fit::new().batch_size(batch).epochs(EPOCHS).verbose(0);
                    model.fit(&x[..], &y, fit).expect("good data");
                });
            }
            "predict" => {
                let x = x(batch);
                self.report(batch, macs, 1, || {
                    std::hint::black_box(model.predict(&x[..]).expect("good data"));
                });
            }
            "latency" => {
                let (x, mut y) = (x(1), y(1));
                self.report(1, macs, 1, || {
                    model.predict_into(&x[..], &mut y).expect("good data");
                    std::hint::black_box(&mut y);
                });
            }
            mode => panic!("no mode {mode}; there are {}", MODES.join(", ")),
        }
    }

    /// `f` is `calls` steps on `batch` samples, of `macs` multiply-accumulates a sample.
    fn report(&self, batch: usize, macs: usize, calls: usize, f: impl FnMut()) {
        let Options {
            repeats: n,
            seconds,
            clock,
            json,
        } = self.options;
        let clock = clock.unwrap_or(Clock::of(self.threads));
        let before = peaks(&[isa()])[0];
        let seconds = repeats(n, seconds, clock, f);
        let peak = self.threads as f64 * before.max(peaks(&[isa()])[0]);
        let latency = self.mode == "latency";
        let value = |s: f64| match latency {
            true => s * 1e6,
            false => (calls * batch) as f64 / s,
        };
        let (a, b) = (value(seconds[0]), value(seconds[n - 1]));
        let (median, min, max) = (value(median(&seconds)), a.min(b), a.max(b));
        let flops = 2.0 * macs as f64;
        let gflops = flops * 1e-9 * if latency { 1e6 / median } else { median };
        let Benchmark {
            model,
            mode,
            threads,
            ..
        } = self;
        if !json {
            let unit = if latency { "us" } else { "samples/s" };
            println!(
                "{model:13} {mode:7} {threads} thread{}: {median:12.2} {unit:9} ({min:.2} to {max:.2}), \
                 {gflops:6.1} of {peak:.0} GFLOP/s: {:5.1} %, {:6.1} MB",
                if *threads == 1 { " " } else { "s" },
                100.0 * gflops / peak,
                peak_rss_mb(),
            );
            return;
        }
        let key = if latency {
            "us_per_call"
        } else {
            "samples_per_s"
        };
        println!(
            "{{\"backend\":\"kseq\",\"model\":\"{model}\",\"mode\":\"{mode}\",\"threads\":{threads},\"batch\":{batch},\
             \"{key}\":{median:.4},\"median\":{median:.4},\"min\":{min:.4},\"max\":{max:.4},\"n\":{n},\
             \"peak_rss_mb\":{:.1},\"flops_per_sample\":{flops},\"gflops\":{gflops:.3},\
             \"peak_gflops\":{peak:.1},\"of_peak\":{:.4},\"isa\":\"{}\",\"clock\":\"{}\"}}",
            peak_rss_mb(),
            gflops / peak,
            isa().name(),
            clock.name(),
        );
    }
}

/// Samples of tokens of a vocabulary.
pub fn tokens<T: Tensor<Elem = u32>>(vocabulary: u32) -> impl Fn(usize) -> Vec<T> {
    move |n| {
        let mut rng = Rng::new(1, Purpose::User, 0, 0);
        let values: Vec<u32> = (0..n * T::LEN).map(|_| rng.below(vocabulary)).collect();
        T::view(&values).to_vec()
    }
}

/// Samples, or targets, of numbers from -1 to 1.
pub fn numbers<T: Tensor<Elem = f32>>(n: usize) -> Vec<T> {
    let mut rng = Rng::new(1, Purpose::User, 0, 0);
    let values: Vec<f32> = (0..n * T::LEN).map(|_| 2.0 * rng.uniform() - 1.0).collect();
    T::view(&values).to_vec()
}

/// Classes as rows with a single 1; of one unit 0 or 1.
pub fn classes<T: Tensor<Elem = f32>>(n: usize) -> Vec<T> {
    let units = T::SHAPE.last().max(1);
    let mut values = vec![0.0; n * T::LEN];
    let mut rng = Rng::new(2, Purpose::User, 0, 0);
    for row in values.chunks_mut(units) {
        let class = rng.below(row.len().max(2) as u32) as usize;
        if let Some(value) = row.get_mut(class) {
            *value = 1.0;
        }
    }
    T::view(&values).to_vec()
}
