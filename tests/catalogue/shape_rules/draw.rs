//! Random inputs and arguments.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kseq::__core::layers::{Padding, Window};
use kseq::__core::shape::{Rule, Shape};

pub const NONE: u128 = Shape::NONE as u128;
/// Cases without a larger number are judged both ways.
pub const SMALL: usize = 1 << 16;

/// What the output must be: its sizes, or nothing.
pub type Wanted = Option<Vec<u128>>;

/// Random numbers, and whether one of them was large.
pub struct Draw {
    pub state: u64,
    pub is_small: bool,
    /// Whether the chain of a model hands the input to a rule: of others it must not panic.
    pub is_sample: bool,
    pub said: Vec<String>,
}

impl Draw {
    pub fn below(&mut self, n: usize) -> usize {
        // SplitMix64
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % n as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// A number of places.
    pub fn size(&mut self) -> usize {
        const LARGE: [usize; 9] = [
            usize::MAX,
            Shape::NONE,
            usize::MAX - 2,
            isize::MAX as usize,
            isize::MAX as usize / 4,
            isize::MAX as usize / 4 + 1,
            1 << 61,
            1 << 32,
            (1 << 31) + 1,
        ];
        match self.below(40) {
            0 => 0,
            1 => LARGE[self.below(9)],
            2..=12 => 1,
            _ => 1 + self.below(9),
        }
    }

    pub fn seen<T: std::fmt::Debug + Copy>(&mut self, name: &str, value: T, sizes: &[usize]) -> T {
        self.said.push(format!("{name} = {value:?}"));
        self.is_small &= sizes.iter().all(|size| *size < SMALL);
        value
    }

    pub fn arg(&mut self, name: &str) -> usize {
        let size = self.size();
        self.seen(name, size, &[size])
    }

    pub fn args<const N: usize>(&mut self, name: &str) -> [usize; N] {
        let sizes = std::array::from_fn(|_| self.size());
        self.seen(name, sizes, &sizes)
    }

    pub fn flag(&mut self, name: &str) -> bool {
        let flag = self.one_in(2);
        self.seen(name, flag, &[])
    }

    pub fn numbers(&mut self, name: &str, last: usize) -> Vec<f32> {
        let len = match self.below(4) {
            0 => self.below(5),
            1 => 1,
            _ => last.min(12),
        };
        self.seen(name, len, &[]);
        (0..len).map(|i| i as f32).collect()
    }

    /// Axes as Keras counts them.
    pub fn axes(&mut self, name: &str) -> Vec<isize> {
        let count = self.below(4);
        let axes: Vec<isize> = (0..count).map(|_| self.axis_of(5)).collect();
        self.said.push(format!("{name} = {axes:?}"));
        axes
    }

    pub fn axis_of(&mut self, most: usize) -> isize {
        match self.below(30) {
            0 => isize::MIN,
            1 => isize::MAX,
            _ => self.below(2 * most + 1) as isize - most as isize,
        }
    }

    pub fn window<const N: usize>(&mut self, causal: bool) -> Window<N> {
        let (mut strides, mut dilation_rate) = (self.args("strides"), self.args("dilation_rate"));
        // Mostly not both.
        match self.below(5) {
            0 => {}
            1 | 2 => dilation_rate = self.seen("no", [1; N], &[]),
            _ => strides = self.seen("no", [1; N], &[]),
        }
        let padding = match self.below(3) {
            0 => Padding::Valid,
            1 => Padding::Same,
            _ if causal => Padding::Causal,
            _ => Padding::Valid,
        };
        let groups = if self.one_in(3) {
            self.arg("groups")
        } else {
            1
        };
        self.seen("padding", padding, &[]);
        Window {
            strides,
            padding,
            dilation_rate,
            groups,
        }
    }
}

/// A random input.
pub struct Input {
    pub shape: Shape,
    pub dims: Vec<u128>,
    pub is_f32: bool,
}

impl Input {
    /// Mostly of so many axes.
    pub fn draw(d: &mut Draw, axes: usize, tokens: bool) -> Input {
        let rank = if d.one_in(5) { d.below(6) } else { axes };
        let open = if d.one_in(4) { d.below(3) } else { 0 };
        let mut dims: Vec<usize> = (0..rank).map(|_| d.size()).collect();
        dims.iter_mut()
            .take(open)
            .for_each(|dim| *dim = Shape::NONE);
        let is_f32 = d.one_in(10) == tokens;
        let shape = match is_f32 {
            true => Shape::new(&dims),
            false => Shape::tokens(&dims),
        };
        d.said.push(format!(
            "{} {shape}",
            if is_f32 { "input" } else { "tokens" }
        ));
        let fits = |dim: &usize| *dim == Shape::NONE || (1..SMALL).contains(dim);
        // Axes of any length stand in front, and no other is empty: the chain of a model takes nothing else.
        let in_front = dims.iter().skip_while(|dim| **dim == Shape::NONE);
        let in_front = in_front.clone().all(|dim| *dim != Shape::NONE);
        d.is_small &= dims.iter().all(fits);
        d.is_sample = in_front && (1..=4).contains(&rank) && !dims.contains(&0) && open <= 2;
        Input {
            shape,
            dims: dims.iter().map(|dim| *dim as u128).collect(),
            is_f32,
        }
    }

    pub fn last(&self) -> u128 {
        self.dims.last().copied().unwrap_or(0)
    }

    pub fn is_open(&self) -> bool {
        self.dims.contains(&NONE)
    }

    /// Features with so many axes before them.
    pub fn has(&self, axes: usize) -> bool {
        self.is_f32 && self.dims.len() == axes + 1 && self.last() != NONE
    }

    pub fn same(&self) -> Wanted {
        self.is_f32.then(|| self.dims.clone())
    }

    pub fn with_last(&self, last: u128) -> Vec<u128> {
        let mut dims = self.dims.clone();
        dims.pop();
        [dims, vec![last]].concat()
    }

    /// The axis that a number means.
    pub fn axis(&self, axis: isize) -> Option<usize> {
        (0..self.dims.len()).find(|at| {
            let (from_front, from_behind) =
                (*at as i128 + 1, *at as i128 - self.dims.len() as i128);
            [from_front, from_behind].contains(&(axis as i128))
        })
    }

    /// The axes that numbers mean, if there are all, each once.
    pub fn axes(&self, axes: &[isize]) -> Option<Vec<usize>> {
        let all: Vec<usize> = axes
            .iter()
            .map(|axis| self.axis(*axis))
            .collect::<Option<_>>()?;
        let once = all.iter().collect::<BTreeSet<_>>().len() == all.len();
        (once && !all.is_empty()).then_some(all)
    }
}

/// A rule's answer and what it must be.
pub type Case = (Result<Rule, ()>, Wanted);

pub fn asked(rule: impl FnOnce() -> Rule) -> Result<Rule, ()> {
    catch_unwind(AssertUnwindSafe(rule)).map_err(|_| ())
}
