//! The names of the arrays in a model that is a layer: `dense_1.kernel`, as text that the compiler writes.

use core::marker::PhantomData;

use crate::base::layer_info::LayerInfo;
use crate::model::Model;
use crate::params::{Listed, ParamSpec};
use crate::shape::Shape;

/// The names of a model's parameters, or with `STATEFUL` of its state, as the layer's: `dense_1.kernel`.
pub struct Names<M, const STATEFUL: bool, const TEXT: usize, const COUNT: usize>(
    PhantomData<fn() -> M>,
);

impl<M: Model, const STATEFUL: bool, const TEXT: usize, const COUNT: usize>
    Names<M, STATEFUL, TEXT, COUNT>
{
    const BYTES: &'static [u8; TEXT] = &bytes(M::LAYERS);
    const TABLE: &'static [ParamSpec; COUNT] = &table(M::LAYERS, Self::BYTES, STATEFUL);
}

impl<M: Model, const STATEFUL: bool, const TEXT: usize, const COUNT: usize> Listed
    for Names<M, STATEFUL, TEXT, COUNT>
{
    const SPECS: &'static [ParamSpec] = Self::TABLE;
}

/// The bytes of all names.
#[must_use]
pub const fn text<M: Model>() -> usize {
    let (mut bytes, mut i) = (0, 0);
    while i < M::LAYERS.len() {
        let layer = &M::LAYERS[i];
        let mut of = 0;
        while of < 2 {
            let (specs, mut k) = (arrays_of(layer, of == 1), 0);
            while k < specs.len() {
                bytes += layer.name.len() + 1 + specs[k].name.len();
                k += 1;
            }
            of += 1;
        }
        i += 1;
    }
    bytes
}

/// The number of parameter arrays, or of those of the state.
#[must_use]
pub const fn arrays<M: Model>(state: bool) -> usize {
    let (mut count, mut i) = (0, 0);
    while i < M::LAYERS.len() {
        count += arrays_of(&M::LAYERS[i], state).len();
        i += 1;
    }
    count
}

const fn arrays_of(layer: &LayerInfo, state: bool) -> &'static [ParamSpec] {
    match state {
        true => layer.state,
        false => layer.params,
    }
}

/// All names without what is between them: those of the parameters of all layers, then those of the state.
const fn bytes<const TEXT: usize>(layers: &[LayerInfo]) -> [u8; TEXT] {
    let (mut text, mut at, mut of) = ([0; TEXT], 0, 0);
    while of < 2 {
        let mut i = 0;
        while i < layers.len() {
            let (specs, mut k) = (arrays_of(&layers[i], of == 1), 0);
            while k < specs.len() {
                let parts = [layers[i].name.as_bytes(), b".", specs[k].name.as_bytes()];
                let mut part = 0;
                while part < 3 {
                    let mut byte = 0;
                    while byte < parts[part].len() {
                        text[at] = parts[part][byte];
                        (at, byte) = (at + 1, byte + 1);
                    }
                    part += 1;
                }
                k += 1;
            }
            i += 1;
        }
        of += 1;
    }
    text
}

/// The arrays with their names.
const fn table<const COUNT: usize>(
    layers: &[LayerInfo],
    text: &'static [u8],
    state: bool,
) -> [ParamSpec; COUNT] {
    let mut table = [ParamSpec {
        name: "",
        shape: Shape::new(&[]),
    }; COUNT];
    let (mut at, mut count, mut of) = (0, 0, 0);
    while of < 2 {
        let mut i = 0;
        while i < layers.len() {
            let (specs, mut k) = (arrays_of(&layers[i], of == 1), 0);
            while k < specs.len() {
                let len = layers[i].name.len() + 1 + specs[k].name.len();
                if state == (of == 1) {
                    let name = text.split_at(at).1.split_at(len).0;
                    table[count] = ParamSpec {
                        name: match core::str::from_utf8(name) {
                            Ok(name) => name,
                            Err(_) => "",
                        },
                        shape: specs[k].shape,
                    };
                    count += 1;
                }
                at += len;
                k += 1;
            }
            i += 1;
        }
        of += 1;
    }
    table
}
