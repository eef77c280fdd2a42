//! Parameters, gradients, optimizer slots and layer state: named fields seen as one run of `f32`s.
#![allow(unsafe_code)]

use crate::shape::Shape;
use crate::tensor::Tensor;

/// A plain block of `f32`s, seen as one slice.
///
/// Deliberately not `Copy`: a copy of a large model's parameters would pass over the stack.
///
/// # Safety
/// The type is `#[repr(C)]` or `#[repr(transparent)]` without `align`, consists of nothing but `f32`s, nested arrays of
/// `f32`, and other `Flat` types (so that nothing lies between them), and may be any bits. The impl is empty: what is here stays
/// as it is. (`#[derive(ParamBlock)]` writes the impl and checks it; for the layers of this crate `params!` does.)
pub unsafe trait Flat: Sized + Send + Sync + 'static {
    /// The number of `f32`s.
    const LEN: usize = size_of::<Self>() / size_of::<f32>();

    /// All values, in the order of the fields.
    fn as_f32s(&self) -> &[f32] {
        if Self::LEN == 0 {
            return &[]; // what is empty need not be aligned
        }
        // SAFETY: the trait's contract says that `self` is `LEN` f32s without padding.
        unsafe { core::slice::from_raw_parts((&raw const *self).cast(), Self::LEN) }
    }

    /// All values, to be written.
    fn as_f32s_mut(&mut self) -> &mut [f32] {
        if Self::LEN == 0 {
            return &mut [];
        }
        // SAFETY: as above, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut((&raw mut *self).cast(), Self::LEN) }
    }

    /// These values with their names: the inverse of [`as_f32s`](Flat::as_f32s). `None` if they are not `LEN`.
    fn of_f32s(values: &[f32]) -> Option<&Self> {
        if values.len() != Self::LEN || align_of::<Self>() > align_of::<f32>() {
            return None;
        }
        // SAFETY: the trait's contract says that `LEN` f32s without padding are a value of this type, whatever they are;
        // they are borrowed.
        Some(unsafe { &*values.as_ptr().cast() })
    }

    /// These values with their names: the inverse of [`as_f32s_mut`](Flat::as_f32s_mut). `None` if they are not `LEN`.
    fn of_f32s_mut(values: &mut [f32]) -> Option<&mut Self> {
        if values.len() != Self::LEN || align_of::<Self>() > align_of::<f32>() {
            return None;
        }
        // SAFETY: the trait's contract says that `LEN` f32s without padding are a value of this type, whatever they are;
        // they are borrowed exclusively.
        Some(unsafe { &mut *values.as_mut_ptr().cast() })
    }
}

// SAFETY: one f32.
unsafe impl Flat for f32 {}
// SAFETY: an array adds no padding between its elements.
unsafe impl<T: Flat, const N: usize> Flat for [T; N] {}

/// The bits of these values, memory that holds what is no `f32`, to be read and written.
pub(crate) fn bits_mut(values: &mut [f32]) -> &mut [u32] {
    // SAFETY: both types have the same size and alignment, and all bits are values of both; the slice is borrowed exclusively.
    unsafe { core::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), values.len()) }
}

/// The bytes of these values.
pub(crate) fn bytes(values: &[f32]) -> &[u8] {
    // SAFETY: a byte has no alignment, and any are a value; the borrow goes over.
    unsafe { core::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

/// The same, to be written: any bytes are values, too.
pub(crate) fn bytes_mut(values: &mut [f32]) -> &mut [u8] {
    let len = size_of_val(values);
    // SAFETY: as above; all bits are an `f32`; the slice is borrowed exclusively.
    unsafe { core::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), len) }
}

/// The values of which these are the bytes; none if they do not begin where a value may.
pub(crate) fn of_bytes(bytes: &[u8]) -> &[f32] {
    if !bytes.as_ptr().cast::<f32>().is_aligned() {
        return &[];
    }
    // SAFETY: the alignment is compared above, the length is a quarter, rounded down; all bits are an `f32`; the borrow goes over.
    unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<f32>()) }
}

/// The same, to be written.
pub(crate) fn of_bytes_mut(bytes: &mut [u8]) -> &mut [f32] {
    let len = bytes.len() / size_of::<f32>();
    if !bytes.as_ptr().cast::<f32>().is_aligned() {
        return &mut [];
    }
    // SAFETY: as above; the slice is borrowed exclusively.
    unsafe { core::slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), len) }
}

/// Name and shape of one array of a layer's parameters or state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamSpec {
    /// Keras's name: `kernel`, `bias`.
    pub name: &'static str,
    /// Keras's layout: a Dense kernel is `(in, out)`.
    pub shape: Shape,
}

impl ParamSpec {
    /// The name and shape of a field of type `T`.
    #[must_use]
    pub const fn of<T: Tensor>(name: &'static str) -> Self {
        ParamSpec {
            name,
            shape: T::SHAPE,
        }
    }
}

/// The parameters (or the state) of one layer.
pub trait ParamBlock: Flat {
    /// The arrays, in the order of the fields.
    const SPECS: &'static [ParamSpec];
}

/// The arrays of a struct with `N` fields: those that have values. Without a bias `bias` has none.
#[derive(Clone, Copy)]
pub(crate) struct Specs<const N: usize> {
    fields: [ParamSpec; N],
    given: usize,
}

impl<const N: usize> Specs<N> {
    pub(crate) const fn of(mut fields: [ParamSpec; N]) -> Self {
        let (mut given, mut i) = (0, 0);
        while i < N {
            if !matches!(fields[i].shape.len(), Some(0)) {
                fields[given] = fields[i];
                given += 1;
            }
            i += 1;
        }
        Specs { fields, given }
    }

    pub(crate) const fn given(&self) -> &[ParamSpec] {
        self.fields.split_at(self.given).0
    }
}

/// Declares the parameters or the state of a layer: a struct whose fields are arrays of `f32`, of a size that may be 0
/// where an argument leaves the array out. Its `const` parameters (or types of arrays) stand in the angle brackets.
///
/// ```text
/// params! {
///     /// The parameters of a [`Dense`].
///     pub struct DenseParams<const I: usize, const O: usize, const B: usize> {
///         /// `(I, O)`
///         pub kernel: [[f32; O]; I],
///         /// `(O,)`, or nothing with `use_bias = false`
///         pub bias: [f32; B],
///     }
/// }
/// ```
///
/// The shape that Keras gives an array is that of its type, or follows it: `pub bias: [[f32; G]; B] = shape,`.
macro_rules! params {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident<$(const $size:ident: usize),+> { $($fields:tt)+ }
    ) => {
        $crate::params::params!(
            @struct $(#[$meta])* $vis $name [$(const $size: usize),+] [$(const $size: usize),+] [$($size),+]
            { $($fields)+ }
        );
    };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident<$($array:ident),+> { $($fields:tt)+ }
    ) => {
        $crate::params::params!(
            @struct $(#[$meta])* $vis $name [$($array),+] [$($array: $crate::params::ParamField),+] [$($array),+]
            { $($fields)+ }
        );
    };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident<$($array:ident),+; $(const $given:ident: $ty:ty),+> { $($fields:tt)+ }
    ) => {
        $crate::params::params!(
            @struct $(#[$meta])* $vis $name [$($array),+, $(const $given: $ty),+]
            [$($array: $crate::params::ParamField),+, $(const $given: $ty),+] [$($array),+, $($given),+]
            { $($fields)+ }
        );
    };
    (
        @struct $(#[$meta:meta])* $vis:vis $name:ident
        [$($declared:tt)+] [$($bounded:tt)+] [$($given:tt)+]
        {
            $(
                $(#[$field_meta:meta])*
                $field_vis:vis $field:ident: $array:ty $(= $shape:expr)?,
            )+
        }
    ) => {
        $(#[$meta])*
        #[repr(C)]
        $vis struct $name<$($declared)+> {
            $(
                $(#[$field_meta])*
                $field_vis $field: $array,
            )+
        }

        #[allow(unsafe_code)]
        // SAFETY: repr(C), and each field is a nested array of f32, as `SPECS` demands.
        unsafe impl<$($bounded)+> $crate::params::Flat for $name<$($given)+> {}

        impl<$($bounded)+> $crate::params::ParamBlock for $name<$($given)+> {
            const SPECS: &'static [$crate::params::ParamSpec] = const {
                &$crate::params::Specs::of([
                    $($crate::params::params!(@spec $field, $array $(, $shape)?),)+
                ])
            }
            .given();
        }
    };
    (@spec $field:ident, $array:ty) => {
        $crate::params::field::<$array>(stringify!($field))
    };
    (@spec $field:ident, $array:ty, $shape:expr) => {
        $crate::params::ParamSpec {
            shape: $shape,
            ..$crate::params::field::<$array>(stringify!($field))
        }
    };
}
pub(crate) use params;

/// Implements [`Flat`] for a struct that a macro has written in the user's crate, which so has no `unsafe` of ours:
/// `<generics> Struct<arguments> where ...`, the first and the last in brackets. The macro has seen to the contract.
#[doc(hidden)]
#[macro_export]
macro_rules! __flat {
    ([$($generics:tt)*] $name:ty, [$($bounds:tt)*]) => {
        // SAFETY: the macro writes `#[repr(C)]` or checks it, and demands of each field to be an array of f32 or a
        // layer's parameters.
        unsafe impl $($generics)* $crate::params::Flat for $name $($bounds)* {}
    };
}

/// A field of a struct with `#[derive(ParamBlock)]`.
#[diagnostic::on_unimplemented(
    message = "a field of a `ParamBlock` is an `f32` or a nested array of it, not `{Self}`",
    label = "expected `f32` values"
)]
pub trait ParamField: Flat + Tensor<Elem = f32> {}

impl ParamField for f32 {}
impl<T: ParamField, const N: usize> ParamField for [T; N] {}

/// The name and shape of a field.
#[doc(hidden)]
#[must_use]
pub const fn field<T: ParamField>(name: &'static str) -> ParamSpec {
    ParamSpec::of::<T>(name)
}

/// The arrays of a layer that reads a sequence both ways: those of the way forwards, then those of the way backwards.
#[repr(C)]
pub struct TwoWays<F, B> {
    /// Of the way forwards.
    pub forward_layer: F,
    /// Of the way backwards.
    pub backward_layer: B,
}

// SAFETY: repr(C), and both are nothing but f32s.
unsafe impl<F: Flat, B: Flat> Flat for TwoWays<F, B> {}

/// The arrays that a layer in a wrapper has at most.
const WITHIN: usize = 8;

impl<F: ParamBlock, B: ParamBlock> TwoWays<F, B> {
    /// `forward_layer.kernel` and so on.
    const NAMES: [Name; 2 * WITHIN] = {
        let mut names = [Name::NONE; 2 * WITHIN];
        let (f, b, mut i) = (F::SPECS, B::SPECS, 0);
        assert!(f.len() <= WITHIN && b.len() <= WITHIN, "too many arrays");
        while i < f.len() {
            names[i] = Name::within("forward_layer.", f[i].name);
            i += 1;
        }
        while i < f.len() + b.len() {
            names[i] = Name::within("backward_layer.", b[i - f.len()].name);
            i += 1;
        }
        names
    };
}

impl<F: ParamBlock, B: ParamBlock> ParamBlock for TwoWays<F, B> {
    const SPECS: &'static [ParamSpec] = const {
        let names = const { &Self::NAMES };
        let (f, b, mut i) = (F::SPECS, B::SPECS, 0);
        let none = ParamSpec {
            name: "",
            shape: Shape::new(&[]),
        };
        let mut specs = [none; 2 * WITHIN];
        while i < f.len() + b.len() {
            let spec = if i < f.len() { f[i] } else { b[i - f.len()] };
            specs[i] = ParamSpec {
                name: names[i].as_str(),
                ..spec
            };
            i += 1;
        }
        &Specs {
            fields: specs,
            given: i,
        }
    }
    .given();
}

/// The name of an array in a layer within another one.
#[derive(Clone, Copy)]
struct Name {
    text: [u8; 64],
    len: usize,
}

impl Name {
    const NONE: Self = Name {
        text: [0; 64],
        len: 0,
    };

    /// The array `name` of the layer `within`, which ends with a dot.
    const fn within(within: &str, name: &str) -> Self {
        let mut both = Name::NONE;
        let parts = [within.as_bytes(), name.as_bytes()];
        let mut part = 0;
        while part < parts.len() {
            let mut i = 0;
            while i < parts[part].len() {
                both.text[both.len] = parts[part][i];
                both.len += 1;
                i += 1;
            }
            part += 1;
        }
        both
    }

    const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.text.split_at(self.len).0) {
            Ok(name) => name,
            Err(_) => "",
        }
    }
}

/// A layer without parameters, or without state.
#[repr(C)]
#[derive(Debug)]
pub struct NoParams;

// SAFETY: nothing is zero f32s.
unsafe impl Flat for NoParams {}

impl ParamBlock for NoParams {
    const SPECS: &'static [ParamSpec] = &[];
}

/// What the arrays of a [`Block`] are called.
pub trait Listed: Send + Sync + 'static {
    /// The arrays, in the order in which they lie.
    const SPECS: &'static [ParamSpec];
}

/// Values whose arrays are listed elsewhere: the parameters, or the state, of a model that is a layer of another one. They
/// are used as they are.
#[repr(transparent)]
pub struct Block<P, S>(P, core::marker::PhantomData<fn() -> S>);

// SAFETY: transparent, with the bounds of `Flat` for what it holds.
unsafe impl<P: Flat, S: Listed> Flat for Block<P, S> {}

impl<P: Flat, S: Listed> ParamBlock for Block<P, S> {
    const SPECS: &'static [ParamSpec] = S::SPECS;
}

impl<P, S> core::ops::Deref for Block<P, S> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

impl<P, S> core::ops::DerefMut for Block<P, S> {
    fn deref_mut(&mut self) -> &mut P {
        &mut self.0
    }
}

/// Parameters that begin with a line of the cache: a vector of 64 bytes that lies across two takes twice as long to load.
#[repr(C, align(64))]
pub struct Aligned<T>(T);

impl<T: Flat> Aligned<T> {
    /// A value, for a `static`.
    pub(crate) const fn new(value: T) -> Self {
        Aligned(value)
    }

    /// All zeros, for a `static`.
    pub(crate) const fn zeroed() -> Self {
        Aligned(zeroed())
    }

    /// Sets the values from the `first` on, of which a file has the bytes, the lowest of each first. The target is
    /// little-endian, too; values that are not there are left out.
    pub(crate) const fn set_le_bytes(&mut self, first: usize, bytes: &[u8]) {
        let Some(at) = first.checked_mul(size_of::<f32>()) else {
            return;
        };
        if at > size_of::<T>() || bytes.len() > size_of::<T>() - at {
            return;
        }
        // SAFETY: `bytes.len()` bytes from `at` on lie within `self.0`, which is borrowed exclusively and consists of `f32`s:
        // any bytes are some.
        unsafe {
            let to = (&raw mut self.0).cast::<u8>().add(at);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        }
    }
}

impl<T> core::ops::Deref for Aligned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> core::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// All zeros, made in place on the heap: a model of 30 MB never passes over the stack.
#[cfg(feature = "std")]
#[must_use]
pub fn zeroed_box<T: Flat>() -> std::boxed::Box<Aligned<T>> {
    // SAFETY: a `Flat` type may be all zero bits, and so may what is around it.
    unsafe { std::boxed::Box::<Aligned<T>>::new_zeroed().assume_init() }
}

/// From the first element that begins a line of the cache on.
#[cfg(feature = "std")]
pub(crate) fn aligned(memory: &mut [f32]) -> &mut [f32] {
    let skip = unaligned(memory);
    &mut memory[skip..]
}

/// How many elements [`aligned`] leaves out.
#[cfg(feature = "std")]
pub(crate) fn unaligned(memory: &[f32]) -> usize {
    memory.as_ptr().align_offset(64).min(memory.len())
}

/// What [`aligned`] may leave out.
#[cfg(feature = "std")]
pub(crate) const UNALIGNED: usize = 15;

/// All zeros, for a `static`.
#[must_use]
pub const fn zeroed<T: Flat>() -> T {
    // SAFETY: a `Flat` type may be all zero bits.
    unsafe { core::mem::MaybeUninit::zeroed().assume_init() }
}

#[cfg(all(test, feature = "std"))]
mod tests;
