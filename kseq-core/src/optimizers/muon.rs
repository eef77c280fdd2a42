//! Momentum whose matrices are made orthogonal.

use core::cell::Cell;
use std::vec::Vec;

use super::adam::{self, own_slots};
use super::arguments::{BELOW_ONE, FINITE, NOT_NEGATIVE, POSITIVE, UNIT, first_wrong};
use super::define::{Chunk, Magnitudes, Rule, UpdateRule, optimizer};
use super::schedules::LearningRateSchedule;
use super::settings::Extras;
use super::slots::Slot;
use crate::kernels::{Mat, gemm};
use crate::pool::Pool;
use crate::shape::Shape;
use crate::text::Note;

optimizer! {
    /// Muon: matrices move in directions that are orthogonal, all other arrays as with [`AdamW`](super::AdamW).
    ///
    /// ```text
    /// m = momentum m + g                              of a matrix, n by k
    /// x = g + momentum m                              without nesterov m
    /// x /= |x| + 1e-7                                 |x|: the root of the sum of squares
    /// x = muon_a x + (muon_b A + muon_c A A) x        ns_steps times; A = x x^T
    /// p -= lr x sqrt(max(n, k)) rms_rate              rms_rate 0: p -= lr x
    /// ```
    ///
    /// An `Embedding` is trained as with AdamW too, unless `exclude_embeddings` is off, and so are the layers and arrays
    /// whose name contains one of `exclude_layers` (`&["dense_2"]`, or `&["dense_2.kernel"]`; Keras takes regular
    /// expressions): that should be the last layer. There the learning rate is `adam_lr_ratio` times the model's, and the
    /// weight decay `adam_weight_decay`.
    ///
    /// Two slots, of which `velocity` is a work space where the array is a matrix. Arrays are updated whole, each on one
    /// thread. There with std only.
    ///
    /// Defaults as in Keras: learning_rate 0.001, adam_beta_1 0.9, adam_beta_2 0.999, adam_weight_decay 0.004, epsilon
    /// 1e-7, weight_decay 0.004, muon_a 3.4445, muon_b -4.775, muon_c 2.0315, adam_lr_ratio 1, momentum 0.95, ns_steps 5,
    /// nesterov, rms_rate 0.2. (Keras 2 had no Muon.)
    ///
    /// Jordan et al.: "Muon: an optimizer for hidden layers in neural networks" (2024); Liu et al.: "Muon is scalable for
    /// LLM training" (2025).
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::optimizers::{Muon, Optimizer};
    /// use kseq::shape::Shape;
    /// const MUON: Muon = Muon::new(0.5).ns_steps(1).rms_rate(0.0).nesterov(false);
    /// let (mut p, mut m, mut x) = ([0.0, 0.0], [0.0; 2], [0.0; 2]);
    /// // One row, of length 5: x = (0.6, 0.8), A = 1, and so x (3.4445 - 4.775 + 2.0315).
    /// MUON.update_array(0, &Shape::new(&[1, 2]), &mut p, &[3.0, 4.0], None, &mut [&mut m, &mut x]);
    /// assert!((p[0] + 0.5 * 0.6 * 0.701).abs() < 1e-5);
    /// ```
    Muon, "muon", Squares, new [S: LearningRateSchedule], learning_rate = 0.001, weight_decay = 0.004, more = true;
    /// How much of the mean gradient stays, where it is Adam: from 0 to less than 1.
    adam_beta_1: f32 = 0.9,
    /// How much of the mean square stays, where it is Adam: from 0 to less than 1.
    adam_beta_2: f32 = 0.999,
    /// The weight decay where it is Adam: not negative.
    adam_weight_decay: f32 = 0.004,
    /// Keeps Adam's root from 0: positive.
    epsilon: f32 = 1e-7,
    /// Layers and arrays that are trained as with AdamW: those whose name contains one of these.
    exclude_layers: &'static [&'static str] = &[],
    /// Whether embeddings are.
    exclude_embeddings: bool = true,
    /// The polynomial's first factor.
    muon_a: f32 = 3.4445,
    /// Its second one.
    muon_b: f32 = -4.775,
    /// Its third one.
    muon_c: f32 = 2.0315,
    /// The learning rate of Adam, as a part of the model's: not negative.
    adam_lr_ratio: f32 = 1.0,
    /// How much of the momentum stays: 0 to 1.
    momentum: f32 = 0.95,
    /// How often the polynomial is taken.
    ns_steps: u32 = 5,
    /// Whether the gradient is added once more.
    nesterov: bool = true,
    /// The root mean square of a step of learning rate 1; 0 leaves steps as they are, which is Keras's `None`.
    rms_rate: f32 = 0.2,
}

impl<C> Rule for Muon<C> {
    const OWN_SLOTS: &'static [Slot] = &own_slots(false);
    const WHOLE_ARRAYS: bool = true;

    fn wrong(&self) -> Option<Note> {
        let Args {
            adam_beta_1,
            adam_beta_2,
            muon_a,
            muon_b,
            muon_c,
            ..
        } = self.args;
        if self.args.ns_steps == 0 {
            return Some(Note::new().str("ns_steps must be at least 1, found 0"));
        }
        first_wrong(&[
            BELOW_ONE.of("adam_beta_1", adam_beta_1),
            BELOW_ONE.of("adam_beta_2", adam_beta_2),
            NOT_NEGATIVE.of("adam_weight_decay", self.args.adam_weight_decay),
            POSITIVE.of("epsilon", self.args.epsilon),
            FINITE.of("muon_a", muon_a),
            FINITE.of("muon_b", muon_b),
            FINITE.of("muon_c", muon_c),
            NOT_NEGATIVE.of("adam_lr_ratio", self.args.adam_lr_ratio),
            UNIT.of("momentum", self.args.momentum),
            NOT_NEGATIVE.of("rms_rate", self.args.rms_rate),
        ])
    }

    fn by_shape(&self, layer: &str, array: &str) -> bool {
        let has = |word: &str| {
            layer.contains(word)
                || array.contains(word)
                || word.split_once(['.', '/']) == Some((layer, array))
        };
        let is_embedding = has("embedding") || has("Embedding");
        let mut excluded = self.args.exclude_layers.iter();
        !(self.args.exclude_embeddings && is_embedding || excluded.any(|word| has(word)))
    }

    fn extras(&self, extras: Extras) -> Extras {
        Extras {
            weight_decay_of_others: Some(self.args.adam_weight_decay),
            ..extras
        }
    }
}

impl UpdateRule<0> for Args {
    fn update<Q: Magnitudes>(self, []: [bool; 0], shape: Option<&Shape>, chunk: Chunk<'_, '_>) {
        let matrix = shape.filter(|shape| shape.rank() == 2);
        let Some(shape) = matrix else {
            let adam = adam::Args {
                beta_1: self.adam_beta_1,
                beta_2: self.adam_beta_2,
                epsilon: self.epsilon,
            };
            let lr = chunk.lr * self.adam_lr_ratio;
            return adam.update::<Q>([false], None, Chunk { lr, ..chunk });
        };
        let Chunk {
            lr, p, g, slots, ..
        } = chunk;
        let [m, x, ..] = slots else { return };
        for ((m, x), g) in m.iter_mut().zip(x.iter_mut()).zip(g) {
            *m = *g + self.momentum * *m;
            *x = if self.nesterov {
                *g + self.momentum * *m
            } else {
                *m
            };
        }
        let sizes = [shape.dim(0), shape.dim(1)];
        if x.len() != sizes[0] * sizes[1] || x.is_empty() {
            return;
        }
        self.orthogonal(sizes, x);
        let largest = sizes[0].max(sizes[1]) as f32;
        let scale = match self.rms_rate == 0.0 {
            true => lr,
            false => lr * crate::math::sqrt(largest) * self.rms_rate,
        };
        for (p, x) in p.iter_mut().zip(x.iter()) {
            *p -= scale * x;
        }
    }
}

std::thread_local! {
    /// Room for the products, which no result depends on: kept, so that a step allocates nothing.
    static ROOM: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

impl Args {
    /// Makes a matrix nearly orthogonal: its singular values go towards 1.
    fn orthogonal(&self, [rows, columns]: [usize; 2], x: &mut [f32]) {
        let squares: f64 = x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        let by = 1.0 / (libm::sqrt(squares) as f32 + 1e-7);
        x.iter_mut().for_each(|x| *x *= by);
        // Products of the shorter side.
        let (least, most) = (rows.min(columns), rows.max(columns));
        let square = least * least;
        let mut room = ROOM.take();
        room.resize(room.len().max(2 * square + x.len()), 0.0);
        let (gram, rest) = room.split_at_mut(square);
        let (polynomial, rest) = rest.split_at_mut(square);
        let Some(product) = rest.get_mut(..x.len()) else {
            return;
        };
        let pool = &Pool::Serial;
        for _ in 0..self.ns_steps {
            let all = Mat::rows(x, columns);
            let (a, b) = match rows > columns {
                true => (all.t(), all),
                false => (all, all.t()),
            };
            gemm(least, least, most, a, b, gram, least, false, pool);
            let of_gram = Mat::rows(gram, least);
            gemm(
                least, least, least, of_gram, of_gram, polynomial, least, false, pool,
            );
            for (polynomial, gram) in polynomial.iter_mut().zip(gram.iter()) {
                *polynomial = self.muon_b * gram + self.muon_c * *polynomial;
            }
            let polynomial = Mat::rows(polynomial, least);
            match rows > columns {
                true => gemm(
                    rows, columns, least, all, polynomial, product, columns, false, pool,
                ),
                false => gemm(
                    rows, columns, least, polynomial, all, product, columns, false, pool,
                ),
            }
            for (x, product) in x.iter_mut().zip(product.iter()) {
                *x = self.muon_a * *x + product;
            }
        }
        ROOM.set(room);
    }
}
