//! Every buffer that a kernel touches between two pages that nobody may touch: what is read or written beyond an end stops the
//! test with a signal, where in other memory it would not show.
//!
//! A buffer lies flush against the page behind it, against the one before it, or 1 to 15 floats away from that, which are all
//! offsets in a line of the cache. Between it and the page lie NaNs: to be read they would be seen in the result, and whether
//! one was written is looked at in the end. The results are compared with those in ordinary memory, bit by bit.
//!
//! Miri, which knows by itself where each buffer ends, runs a few of the same cases (`cargo xtask miri`).

mod conv;
mod elementwise;
#[cfg(miri)]
mod exact;
mod gemm;
// A microcontroller has no kernels for it.
#[cfg(not(miri))]
mod pages;
#[cfg(not(kseq_device))]
mod recurrent;
mod walk;

use core::cell::RefCell;
use core::fmt::Debug;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::dispatch::Isa;
use super::draw::Draw;
#[cfg(miri)]
use exact::Guarded;
#[cfg(not(miri))]
use pages::Guarded;

/// Where a buffer lies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// Its end is that of its pages.
    End,
    /// So many floats behind the begin of its pages.
    Begin(usize),
}

std::thread_local! {
    /// What is tried at present.
    static CASE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// How many cases there are: a few under Miri, which looks at each access of each by itself.
const fn cases(n: usize) -> usize {
    if cfg!(miri) { n / 500 + 1 } else { n }
}

/// Which instructions this CPU has.
fn available() -> impl Iterator<Item = Isa> {
    Isa::ALL.into_iter().filter(|isa| isa.available())
}

/// The buffers of a call: those that are read, and those that are written.
struct Buffers<'a> {
    read: &'a [&'a [f32]],
    written: &'a [&'a [f32]],
}

impl Buffers<'_> {
    /// Calls `f` with these in ordinary memory, and then with each place that they can have; all give the same bits.
    fn everywhere(
        &self,
        draw: &mut Draw,
        case: &dyn Debug,
        f: impl Fn(&[&[f32]], &mut [&mut [f32]]),
    ) {
        let mut want: Vec<Vec<f32>> = self.written.iter().map(|values| values.to_vec()).collect();
        let mut written: Vec<&mut [f32]> = want.iter_mut().map(|values| &mut values[..]).collect();
        f(self.read, &mut written);
        let places = [
            Place::End,
            Place::Begin(0),
            Place::Begin(1 + draw.below(15)),
        ];
        let places = if cfg!(miri) { &places[..1] } else { &places };
        for &place in places {
            CASE.with_borrow_mut(|text| *text = format!("{place:?}: {case:?}\n"));
            let guarded = |values: &&[f32]| Guarded::new(values, place);
            let read: Vec<Guarded> = self.read.iter().map(guarded).collect();
            let mut got: Vec<Guarded> = self.written.iter().map(guarded).collect();
            {
                let read: Vec<&[f32]> = read.iter().map(|values| &values[..]).collect();
                let mut written: Vec<&mut [f32]> =
                    got.iter_mut().map(|values| &mut values[..]).collect();
                f(&read, &mut written);
            }
            for (got, want) in got.iter().zip(&want) {
                let differs = got
                    .iter()
                    .zip(want)
                    .position(|(got, want)| got.to_bits() != want.to_bits());
                assert_eq!(differs, None, "another bit at {place:?}: {case:?}");
            }
            for (read, was) in read.iter().zip(self.read) {
                assert!(same(read, was), "the input was written: {place:?} {case:?}");
            }
        }
    }
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}
