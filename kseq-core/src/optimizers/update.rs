//! What an optimizer works on in one update of a model.

use crate::base::layer_info::LayerInfo;

/// What one update works on.
pub struct Update<'a> {
    pub(super) layers: &'a [LayerInfo],
    pub(super) frozen: &'a [bool],
    pub(super) p: &'a mut [f32],
    pub(super) g: &'a mut [f32],
    pub(super) slots: &'a mut [f32],
    pub(super) sums: Option<OccurrenceSums<'a>>,
}

/// Sums over the occurrences of parameters, one for each from the first on.
pub(super) struct OccurrenceSums<'a> {
    pub(super) first: usize,
    pub(super) sums: &'a mut [f32],
}

impl<'a> Update<'a> {
    /// All parameters `p` of a model with their gradients `g`, which clipping changes. `slots` holds
    /// `SLOTS * p.len()` values, one slot after the other.
    pub fn new(p: &'a mut [f32], g: &'a mut [f32], slots: &'a mut [f32]) -> Self {
        Update {
            layers: &[],
            frozen: &[],
            p,
            g,
            slots,
            sums: None,
        }
    }

    /// The model's layers, for what needs the bounds and names of arrays; without them all parameters
    /// are one array.
    #[must_use]
    pub fn layers(mut self, layers: &'a [LayerInfo]) -> Self {
        self.layers = layers;
        self
    }

    /// Which layers are not trained, by index; those beyond the list are. Their parameters and slots stay.
    #[must_use]
    pub fn frozen(mut self, frozen: &'a [bool]) -> Self {
        self.frozen = frozen;
        self
    }

    /// For the array that begins at parameter `first`: sums over occurrences of what the optimizer asks
    /// for ([`Optimizer::OCCURRENCES`](super::Optimizer::OCCURRENCES)). Clipping changes them, too.
    #[must_use]
    pub fn occurrences(mut self, first: usize, sums: &'a mut [f32]) -> Self {
        self.sums = Some(OccurrenceSums { first, sums });
        self
    }
}
