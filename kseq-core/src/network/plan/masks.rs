//! Which mask each layer is given, and the memory for those that are found in values.

use super::facts::Facts;
use super::groups::max;
use crate::facts::{Mask, Masked};

/// The masks of a model. One that is found has a flag for each step, and one number more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskSizes {
    /// The steps of a sample in all masks that are found.
    pub rows: usize,
    /// How many are found.
    pub count: usize,
    /// The one of the model's output, by which a loss and metrics weigh it.
    pub output: Masked,
    /// The `f32`s for these weights.
    pub weights: usize,
}

impl MaskSizes {
    /// No mask is found, and none reaches the output.
    pub const NONE: Self = MaskSizes {
        rows: 0,
        count: 0,
        output: Masked::Not,
        weights: 0,
    };

    /// The memory for each sample of a batch.
    #[must_use]
    pub const fn each(&self) -> usize {
        self.rows.saturating_add(self.count)
    }

    /// What all masks of a batch take of it.
    #[must_use]
    pub const fn found(&self, batch: usize) -> usize {
        match batch {
            0 => 0,
            _ => self.rows * batch + self.count,
        }
    }

    /// The scratch memory of a sample, masks at its end, if layers need so much.
    pub(super) const fn beside(&self, scratch: usize) -> usize {
        scratch.saturating_add(self.each())
    }

    /// The same in training, where the loss may need it for weights.
    pub(super) const fn in_training(&self, scratch: usize) -> usize {
        self.beside(max(scratch, self.weights))
    }
}

/// The mask that each layer is given, and the sizes of all. A layer that keeps a mask keeps one flag for each row of its output, or for
/// each place of its first axes, where a `TimeDistributed` or a `ConvLSTM2D` has put others behind the steps; a layer then looks at it that
/// asks for as many steps. If the output has neither, there is none behind it.
pub(super) const fn masks<const N: usize>(facts: &[Facts; N]) -> ([Masked; N], MaskSizes) {
    let mut given = [Masked::Not; N];
    let mut sizes = MaskSizes::NONE;
    let (mut rows, mut i) = (0, 0);
    while i < N {
        given[i] = sizes.output;
        let f = &facts[i];
        match f.mask {
            Mask::Makes if i == 0 => (sizes.output, rows) = (Masked::Tokens, f.rows),
            Mask::Finds => {
                (sizes.output, rows) = (Masked::Found, f.rows);
                sizes.rows = sizes.rows.saturating_add(f.rows);
                sizes.count += 1;
            }
            Mask::Keeps if f.rows == rows || f.shape.begins_with(rows) => {}
            _ => sizes.output = Masked::Not,
        }
        i += 1;
    }
    // A loss has values for rows.
    if N > 0 && facts[N - 1].rows != rows {
        sizes.output = Masked::Not;
    }
    if !matches!(sizes.output, Masked::Not) {
        // Those of the loss, and those of metrics.
        sizes.weights = rows.saturating_mul(2).saturating_add(2);
    }
    (given, sizes)
}

/// How many layers look at the masks of a whole batch.
pub(super) const fn reach(given: &[Masked], sizes: &MaskSizes) -> usize {
    let mut i = given.len();
    if !matches!(sizes.output, Masked::Not) {
        return i;
    }
    while i > 0 && matches!(given[i - 1], Masked::Not) {
        i -= 1;
    }
    i
}

#[cfg(test)]
mod tests {
    use super::super::Plan;
    use super::super::facts::facts;
    use super::*;
    use crate::activations::Linear;
    use crate::facts::Reads;
    use crate::shape::Shape;
    use Mask::{Drops, Finds, Keeps, Makes};
    use Masked::{Found, Not, Tokens};

    fn of<const N: usize>(layers: [(Mask, usize); N]) -> ([Masked; N], MaskSizes) {
        masks(&layers.map(|(mask, rows)| Facts {
            mask,
            rows,
            ..facts(12, false, Reads::Nothing, false)
        }))
    }

    #[test]
    fn a_mask_reaches_the_layer_that_drops_it() {
        let (given, sizes) = of([(Makes, 4), (Keeps, 4), (Drops, 1), (Keeps, 1)]);
        assert_eq!(
            (given, sizes),
            ([Not, Tokens, Tokens, Not], MaskSizes::NONE)
        );
        assert_eq!(reach(&given, &sizes), 3);
        let (given, sizes) = of([(Makes, 4), (Keeps, 4)]);
        assert_eq!(
            (given, sizes.output, sizes.weights),
            ([Not, Tokens], Tokens, 10)
        );
        assert_eq!((reach(&given, &sizes), sizes.each()), (2, 0));
        let (given, sizes) = of([(Keeps, 4), (Makes, 4), (Drops, 4), (Keeps, 4)]);
        assert_eq!((given, reach(&given, &sizes)), ([Not; 4], 0));
    }

    #[test]
    fn one_that_is_found_takes_the_place_of_another() {
        let (given, sizes) = of([(Makes, 4), (Finds, 4), (Keeps, 4), (Finds, 4), (Keeps, 4)]);
        assert_eq!(given, [Not, Tokens, Found, Found, Found]);
        assert_eq!((sizes.each(), sizes.found(3)), (10, 26));
        // The memory of a sample suffices for one, and none is needed for none.
        assert_eq!((sizes.found(1), sizes.found(0)), (10, 0));
    }

    #[test]
    fn other_rows_have_no_mask() {
        let (given, _) = of([(Finds, 4), (Keeps, 2), (Keeps, 2)]);
        assert_eq!(given, [Not, Found, Not]);
    }

    #[test]
    fn steps_that_have_become_images_keep_their_mask() {
        let of = |rows: usize, shape: &[usize]| Facts {
            mask: Keeps,
            rows,
            shape: Shape::new(shape),
            ..facts(12, false, Reads::Nothing, false)
        };
        let first = Facts {
            mask: Makes,
            ..of(4, &[4, 6])
        };
        let images = of(12, &[4, 3, 2]);
        let (given, sizes) = masks(&[first, images, of(4, &[4, 6])]);
        assert_eq!((given, sizes.output), ([Not, Tokens, Tokens], Tokens));
        // A loss of the images has no mask for their rows.
        assert_eq!(masks(&[first, images]).1.output, Not);
        let (given, _) = masks(&[first, of(12, &[3, 4, 2]), images]);
        assert_eq!(given, [Not, Tokens, Not]);
    }

    #[test]
    fn the_memory_of_a_plan_has_them_at_the_end() {
        let mut layers = [facts(12, false, Reads::Nothing, false); 3];
        (layers[0].mask, layers[1].mask) = (Finds, Keeps);
        (layers[0].rows, layers[1].rows, layers[2].scratch) = (4, 4, 7);
        let plan = Plan::new::<Linear>(layers);
        assert_eq!((plan.sizes.scratch, plan.sizes.infer_scratch), (7 + 5, 5));
        layers[2].infer_scratch = 3;
        let more = Plan::new::<Linear>(layers);
        assert_eq!(more.sizes.infer_scratch, 3 + 5);
        assert_eq!(plan.sizes.arena, 24 + 5);
    }
}
