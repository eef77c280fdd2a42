//! What the measured programs share: numbers, and the end of a run.
#![no_std]

pub mod int8;

use panic_halt as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;

#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;

/// Numbers of both signs that look like weights, computed by the compiler: a `static` of them is in flash.
pub const fn numbers<const N: usize>(size: f32) -> [f32; N] {
    let mut out = [0.0; N];
    let (mut i, mut state) = (0, 12345_u32);
    while i < N {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out[i] = ((state >> 8) as f32 / 8_388_608.0 - 1.0) * size;
        i += 1;
    }
    out
}

/// The target of a class.
pub const fn one_hot<const N: usize>(class: usize) -> [f32; N] {
    let mut out = [0.0; N];
    out[class] = 1.0;
    out
}

/// Numbers as the parameters of a model, which are as many `f32`s one after the other.
///
/// # Safety
/// `P` consists of `N` `f32`s and nothing else.
pub const unsafe fn params<P, const N: usize>(numbers: [f32; N]) -> P {
    union Both<P, const N: usize> {
        numbers: [f32; N],
        params: core::mem::ManuallyDrop<P>,
    }
    const { assert!(size_of::<P>() == size_of::<[f32; N]>()) };
    // SAFETY: of the same size, and valid for all bits.
    core::mem::ManuallyDrop::into_inner(unsafe { Both { numbers }.params })
}

/// Ends the emulator's run. The output is numbers (a bug would be NaN), else the run has failed.
#[inline(never)]
pub fn end(y: &[f32]) -> ! {
    // Of any length, so that it is the same code in each program, and in the empty one that is subtracted.
    let y = core::hint::black_box(y);
    let sound = y.iter().all(|y| y.abs() < 1e6);
    exit(sound)
}

#[cfg(target_arch = "arm")]
fn exit(sound: bool) -> ! {
    use cortex_m_semihosting::debug;
    debug::exit(if sound {
        debug::EXIT_SUCCESS
    } else {
        debug::EXIT_FAILURE
    });
    loop {}
}

#[cfg(target_arch = "riscv32")]
fn exit(sound: bool) -> ! {
    semihosting::process::exit(if sound { 0 } else { 1 })
}

/// A program that measures the prediction of one sample: the model, its layers, and the size of its weights.
#[macro_export]
macro_rules! predict {
    ($net:ident = [$($layers:tt)*], $size:expr) => {
        use core::hint::black_box;
        use kseq::prelude::*;

        kseq::sequential! { pub $net = [$($layers)*] }

        type Params = <$net as kseq::model::Model>::Params;
        type State = <$net as kseq::model::Model>::State;
        type Input = <$net as kseq::model::Model>::Input;
        type Output = <$net as kseq::model::Model>::Output;
        const N: usize = size_of::<Params>() / 4;
        const INPUTS: usize = size_of::<Input>() / 4;

        // SAFETY: a model's parameters and samples are `f32`s and nothing else.
        static PARAMS: Params = unsafe { $crate::params($crate::numbers::<N>($size)) };
        // SAFETY: as above.
        static X: Input = unsafe { $crate::params($crate::numbers::<INPUTS>(1.0)) };
        static STATE: State = kseq::params::zeroed();
        static mut Y: Output = kseq::params::zeroed();
        static mut WORK: [f32; $net::SIZES.arena] = [0.0; $net::SIZES.arena];

        #[unsafe(no_mangle)]
        #[inline(never)]
        pub extern "C" fn measured(x: &Input) {
            // SAFETY: one thread, one call at a time.
            let (y, work) = unsafe { (&mut *(&raw mut Y), &mut *(&raw mut WORK)) };
            let cx = kseq::layer::Ctx::new(&kseq::pool::Pool::Serial, 0, 0);
            let (x, y) = (core::slice::from_ref(x), core::slice::from_mut(y));
            $net::predict_into(&PARAMS, &STATE, x, y, work, &cx);
        }

        #[$crate::entry]
        fn main() -> ! {
            measured(black_box(&X));
            // SAFETY: one thread.
            let y = black_box(unsafe { &*(&raw const Y) });
            $crate::end(<Output as kseq::layer::Tensor>::flat(core::slice::from_ref(y)))
        }
    };
}

/// A program that measures the prediction of one sample by a twin in integers: the model and its layers. Its parameters are any bits, so
/// that nothing in it may depend on what they are.
#[macro_export]
macro_rules! predict_int8 {
    ($net:ident = [$($layers:tt)*]) => {
        use core::hint::black_box;
        use kseq::int8::{BakedQuantized, Quantizable};
        use kseq::prelude::*;

        kseq::sequential! { #[quantize] pub $net = [$($layers)*] }

        type Block = <$net as Quantizable>::Block;
        type Input = <$net as kseq::model::Model>::Input;
        type Output = <$net as kseq::model::Model>::Output;
        const N: usize = size_of::<Block>() / 4;
        const INPUTS: usize = size_of::<Input>() / 4;
        const SCRATCH: usize = BakedQuantized::<$net>::SCRATCH;

        static NET: BakedQuantized<$net> = BakedQuantized::of_block($crate::numbers::<N>(0.3));
        // SAFETY: a sample is `f32`s and nothing else.
        static X: Input = unsafe { $crate::params($crate::numbers::<INPUTS>(1.0)) };
        static mut Y: Output = kseq::params::zeroed();
        static mut WORK: [f32; SCRATCH] = [0.0; SCRATCH];

        #[unsafe(no_mangle)]
        #[inline(never)]
        pub extern "C" fn measured(x: &Input) {
            // SAFETY: one thread, one call at a time.
            let (y, work) = unsafe { (&mut *(&raw mut Y), &mut *(&raw mut WORK)) };
            let _ = NET.predict_into(x, y, work);
        }

        #[$crate::entry]
        fn main() -> ! {
            measured(black_box(&X));
            // SAFETY: one thread.
            let y = black_box(unsafe { &*(&raw const Y) });
            $crate::end(<Output as kseq::layer::Tensor>::flat(core::slice::from_ref(y)))
        }
    };
}

/// A program that measures a step of a stream: the model, its layers, and the size of its weights.
#[macro_export]
macro_rules! stream {
    ($net:ident = [$($layers:tt)*], $size:expr) => {
        use core::hint::black_box;
        use kseq::prelude::*;

        kseq::sequential! { pub $net = [$($layers)*] }

        type Params = <$net as kseq::model::Model>::Params;
        type Step = <<$net as kseq::model::Model>::Input as kseq::open::Stepwise>::Step;
        type Output = <$net as kseq::model::Model>::Output;
        const N: usize = size_of::<Params>() / 4;
        const INPUTS: usize = size_of::<Step>() / 4;

        static NET: Baked<$net> = Baked::of(
            // SAFETY: a model's parameters and samples are `f32`s and nothing else.
            unsafe { $crate::params($crate::numbers::<N>($size)) },
            kseq::params::zeroed(),
        );
        // SAFETY: as above.
        static X: Step = unsafe { $crate::params($crate::numbers::<INPUTS>(1.0)) };
        static mut Y: Output = <Output as kseq::tensor::Tensor>::ZERO;

        #[unsafe(no_mangle)]
        #[inline(never)]
        pub extern "C" fn measured(stream: &mut kseq::stream::Stream<'static, $net>, x: &Step) {
            // SAFETY: one thread, one call at a time.
            let y = unsafe { &mut *(&raw mut Y) };
            let _ = stream.push_into(x, y);
        }

        #[$crate::entry]
        fn main() -> ! {
            let mut stream = NET.stream();
            for _ in 0..3 {
                measured(black_box(&mut stream), black_box(&X));
            }
            // SAFETY: one thread.
            let y = black_box(unsafe { &*(&raw const Y) });
            $crate::end(<Output as kseq::tensor::Tensor>::flat(core::slice::from_ref(y)))
        }
    };
}

/// A program that measures one training step on one sample: the model, its layers, and the optimizer.
#[macro_export]
macro_rules! train {
    ($net:ident = [$($layers:tt)*], $optimizer:ident($rate:expr)) => {
        use core::hint::black_box;
        use kseq::prelude::*;

        kseq::sequential! { pub $net = [$($layers)*] }

        type Input = <$net as kseq::model::Model>::Input;
        type Output = <$net as kseq::model::Model>::Output;
        type Training<'m> = Trainer<'m, $net, $optimizer, CategoricalCrossentropy>;
        const INPUTS: usize = size_of::<Input>() / 4;
        type Params = <$net as kseq::model::Model>::Params;
        const N: usize = size_of::<Params>() / 4;
        const LEN: usize = trainer_memory::<$net, $optimizer>(1);

        // SAFETY: a model's parameters are `f32`s and nothing else.
        static PARAMS: Baked<$net> = Baked::of(
            unsafe { $crate::params($crate::numbers::<N>(0.05)) },
            kseq::params::zeroed(),
        );
        // SAFETY: a sample is `f32`s and nothing else.
        static X: Input = unsafe { $crate::params($crate::numbers::<INPUTS>(1.0)) };
        static TARGET: Output = $crate::one_hot(1);
        static mut MEMORY: TrainerMemory<$net, LEN> = TrainerMemory::new();

        #[unsafe(no_mangle)]
        #[inline(never)]
        pub extern "C" fn measured(trainer: &mut Training<'_>, x: &Input, y: &Output) -> f32 {
            let (x, y) = (core::slice::from_ref(x), core::slice::from_ref(y));
            trainer.train_on_batch(x, y).unwrap_or(f32::NAN)
        }

        #[$crate::entry]
        fn main() -> ! {
            // SAFETY: one thread, which takes the reference once.
            let memory = unsafe { &mut *(&raw mut MEMORY) };
            let (optimizer, loss) = ($optimizer::new($rate), CategoricalCrossentropy::new());
            let Ok(mut trainer) = Training::from_weights(memory, optimizer, loss, black_box(&PARAMS)) else {
                $crate::end(&[f32::NAN])
            };
            let first = measured(&mut trainer, black_box(&X), black_box(&TARGET));
            let second = measured(&mut trainer, black_box(&X), black_box(&TARGET));
            $crate::end(&[first, second, if second < first { 0.0 } else { f32::NAN }])
        }
    };
}
