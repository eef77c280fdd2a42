//! Penalties, constraints and normalised kernels in a model that is a layer, for the tables of the model around it.

use crate::base::layer_info::LayerInfo;
use crate::constraints::{Constrained, Constraint};
use crate::layers::Normalised;
use crate::model::Model;
use crate::regularizers::{Penalty, Regularizer};

/// The tables of a model that is a layer: those of the arrays that it trains go into the table of the model around it.
#[derive(Clone, Copy)]
pub struct Tables {
    layer: usize,
    penalties: &'static [Penalty],
    constraints: &'static [Constrained],
    normalised: &'static [Normalised],
    frozen: &'static [bool],
}

impl Tables {
    /// Of the model `M`, which is layer `layer` (from 0).
    #[must_use]
    pub const fn of<M: Model>(layer: usize) -> Self {
        Tables {
            layer,
            penalties: M::PENALTIES,
            constraints: M::CONSTRAINTS,
            normalised: M::NORMALISED,
            frozen: M::FROZEN,
        }
    }

    const fn trains(&self, layer: usize) -> bool {
        layer >= self.frozen.len() || !self.frozen[layer]
    }
}

/// Where the parameters of a layer begin.
const fn first_of(layers: &[LayerInfo], layer: usize) -> usize {
    let (mut first, mut i) = (0, 0);
    while i < layer && i < layers.len() {
        first += layers[i].count_params();
        i += 1;
    }
    first
}

/// Where its state begins.
const fn state_of(layers: &[LayerInfo], layer: usize) -> usize {
    let (mut first, mut i) = (0, 0);
    while i < layer && i < layers.len() {
        first += layers[i].count_state();
        i += 1;
    }
    first
}

/// The number of kernels of a model that are normalised, those of the models in it among them.
#[must_use]
pub const fn count_normalised(own: &[Normalised], inside: &[Tables]) -> usize {
    let (mut count, mut i) = (own.len(), 0);
    while i < inside.len() {
        count += inside[i].normalised.len();
        i += 1;
    }
    count
}

/// These kernels. As in Keras those of frozen layers are among them.
#[must_use]
pub const fn normalised<const N: usize>(
    own: &[Normalised],
    inside: &[Tables],
    layers: &[LayerInfo],
) -> [Normalised; N] {
    let mut all = [Normalised::new(&[], 0, 0); N];
    let (mut count, mut i) = (0, 0);
    while i < own.len() {
        all[count] = own[i];
        (count, i) = (count + 1, i + 1);
    }
    i = 0;
    while i < inside.len() {
        let Tables {
            layer,
            normalised: rows,
            ..
        } = inside[i];
        let (first, state) = (first_of(layers, layer), state_of(layers, layer));
        let mut k = 0;
        while k < rows.len() {
            all[count] = rows[k].moved(layer, first, state);
            (count, k) = (count + 1, k + 1);
        }
        i += 1;
    }
    all
}

macro_rules! table {
    ($count:ident, $table:ident, $row:ident, $field:ident, $none:expr, $what:literal) => {
        #[doc = concat!("The number of ", $what, " of a model, those of the models in it among them.")]
        #[must_use]
        pub const fn $count(own: &[$row], inside: &[Tables]) -> usize {
            let (mut count, mut i) = (own.len(), 0);
            while i < inside.len() {
                let mut k = 0;
                while k < inside[i].$field.len() {
                    if inside[i].trains(inside[i].$field[k].at().layer) {
                        count += 1;
                    }
                    k += 1;
                }
                i += 1;
            }
            count
        }

        #[doc = concat!("The ", $what, " of a model, those of the models in it among them.")]
        #[must_use]
        pub const fn $table<const N: usize>(
            own: &[$row],
            inside: &[Tables],
            layers: &[LayerInfo],
        ) -> [$row; N] {
            let mut all = [$none; N];
            let (mut count, mut i) = (0, 0);
            while i < own.len() {
                all[count] = own[i];
                (count, i) = (count + 1, i + 1);
            }
            i = 0;
            while i < inside.len() {
                let Tables {
                    layer,
                    $field: rows,
                    ..
                } = inside[i];
                let (first, mut k) = (first_of(layers, layer), 0);
                while k < rows.len() {
                    if inside[i].trains(rows[k].at().layer) {
                        all[count] = rows[k].moved(layer, first);
                        count += 1;
                    }
                    k += 1;
                }
                i += 1;
            }
            all
        }
    };
}

table!(
    count_penalties,
    penalties,
    Penalty,
    penalties,
    Penalty::new(&[], 0, "", Regularizer::L2 { l2: 0.0 }),
    "penalties"
);
table!(
    count_constraints,
    constraints,
    Constrained,
    constraints,
    Constrained::new(&[], 0, "", Constraint::NonNeg),
    "constraints"
);
