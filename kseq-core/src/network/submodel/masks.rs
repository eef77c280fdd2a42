//! Masks into a model that is a layer, through it and out of it.

use crate::base::masks::Masks;
use crate::facts::{Mask, Masked};
use crate::kernels::dispatch::DEVICE;
use crate::layer::Ctx;
use crate::model::Model;
use crate::params::bits_mut;
use crate::plan::Sizes;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The last axes of a sample: a mask has a flag for each.
const fn rows_of(shape: &Shape) -> usize {
    match (shape.len(), shape.last()) {
        (Some(len), 1..) => len / shape.last(),
        _ => 0,
    }
}

/// Whether a mask of the one is one of the other: of its rows, or of its first axes.
const fn same_rows(a: &Shape, b: &Shape) -> bool {
    let (one, other) = (a.with_open([1; 2]), b.with_open([1; 2]));
    let same = rows_of(a) == rows_of(b) || one.begins_with(rows_of(&other));
    same && a.open_axes() == b.open_axes()
}

/// The mask of a batch of these samples: of their rows, or of their first axes.
fn mask_for<'a>(cx: &Ctx<'a>, shape: &Shape, samples: usize) -> Option<&'a [u32]> {
    let mut places = 1;
    let axes = (0..shape.rank().saturating_sub(1)).map(|axis| shape.dim(axis));
    let first = axes.map(|size| {
        places *= size;
        places
    });
    let mask = cx.mask(samples * rows_of(shape));
    mask.or_else(|| first.filter_map(|places| cx.mask(samples * places)).last())
}

/// How many layers see a mask that the model is given.
const fn reach<M: Model>() -> usize {
    let mut i = 0;
    while i < M::LAYERS.len() {
        let layer = &M::LAYERS[i];
        i += 1;
        let same = same_rows(&layer.output, &<M::Input as Tensor>::SHAPE);
        if !matches!(layer.mask, Mask::Keeps) || !same {
            return i;
        }
    }
    i
}

/// What becomes of a mask in all layers.
pub(super) const fn mask_of<M: Model>() -> Mask {
    match M::SIZES.masks.output {
        Masked::Tokens => Mask::Makes,
        Masked::Found if !DEVICE => Mask::Finds,
        _ if !M::MASKS.is_empty() => Mask::Drops,
        _ => {
            let (mut i, mut keeps) = (0, true);
            while i < M::LAYERS.len() {
                let layer = &M::LAYERS[i];
                keeps &= matches!(layer.mask, Mask::Keeps)
                    && same_rows(&layer.output, &<M::Input as Tensor>::SHAPE);
                i += 1;
            }
            if keeps { Mask::Keeps } else { Mask::Drops }
        }
    }
}

/// The most layers of a model that a mask reaches which the model is given.
const REACHED: &[Masked] = &[Masked::Tokens; 256];

/// The mask that the model is given, for its layers.
pub(super) fn given<'a, M: Model>(cx: &Ctx<'a>, samples: usize) -> Masks<'a> {
    let given = REACHED.get(..const { reach::<M>() }).unwrap_or(REACHED);
    match mask_for(cx, &cx.input_shape::<M::Input>(), samples) {
        Some(mask) => Masks::new(given, mask, &mut [], 0),
        None => Masks::default(),
    }
}

/// Gives the layer behind the mask that a layer of the model has found; `memory` is that of all of them.
pub(super) fn give_on<M: Model>(
    sizes: &Sizes,
    memory: &mut [f32],
    samples: usize,
    cx: &mut Ctx<'_>,
) {
    if !matches!(const { mask_of::<M>() }, Mask::Finds) {
        return;
    }
    let steps = samples * rows_of(&cx.output_shape::<M::Output>());
    let found = sizes.masks.found(samples);
    let masks = Masks::new(M::MASKS, &[], bits_mut(memory), found);
    if let Some(mask) = masks.get(Masked::Found, steps) {
        cx.find_mask(steps, |flags| {
            flags
                .iter_mut()
                .zip(mask)
                .for_each(|(flag, mask)| *flag = *mask);
        });
    }
}
