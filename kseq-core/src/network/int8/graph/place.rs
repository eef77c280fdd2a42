//! Where the parameters and the tensors of each step lie.

use super::{Graph, HEADER, Kind, PLACES, Step};

/// What the steps of a network need while one after the other gets its place.
#[derive(Clone, Copy)]
struct Line {
    /// Where the next parameters begin.
    block: usize,
    /// Where the last output lies, and its bytes; nothing before the first step.
    last: Option<(usize, usize)>,
    /// How many steps there were.
    seen: usize,
}

impl<const L: usize> Graph<L> {
    /// Gives each step its place in the block, and its tensors theirs in the arena.
    ///
    /// A step's input and its output lie at the two ends of the arena: the outputs in turn at its beginning and at its end. What is
    /// between is the scratch memory. So the arena is as large as the largest step, and no step writes where it reads.
    pub(super) const fn place(&mut self) {
        // The last one's output is the network's, which lies elsewhere, as the input of the first one does.
        let count = self.count();
        let arena = self.arena(count);
        self.plan.arena = arena;
        let mut line = Line {
            block: HEADER,
            last: None,
            seen: 0,
        };
        let mut i = 0;
        while i < L {
            let mut place = 0;
            while place < PLACES {
                if self.steps[i][place].is_some() {
                    let mut step = self.complete(i, place);
                    step.at = line.block;
                    line.block += step.block_len();
                    let [given, gives] = between(&step, line.seen, count);
                    let low = line.seen.is_multiple_of(2);
                    line.seen += 1;
                    step.input = match line.last {
                        Some((at, _)) => Some(at),
                        None => None,
                    };
                    let out = if low { 0 } else { arena - gives };
                    step.output = if line.seen < count { Some(out) } else { None };
                    let begin = if low { gives } else { given };
                    step.scratch = (begin, arena - given - gives);
                    line.last = Some((out, gives));
                    self.steps[i][place] = step;
                }
                place += 1;
            }
            i += 1;
        }
        self.plan.block = line.block;
    }

    /// The bytes of the largest step: its input, its output and its scratch memory.
    const fn arena(&self, count: usize) -> usize {
        let (mut arena, mut seen, mut i) = (0, 0, 0);
        while i < L {
            let mut place = 0;
            while place < PLACES {
                if self.steps[i][place].is_some() {
                    let step = self.complete(i, place);
                    let [given, gives] = between(&step, seen, count);
                    let bytes = given + gives + step.scratch_len();
                    arena = if bytes > arena { bytes } else { arena };
                    seen += 1;
                }
                place += 1;
            }
            i += 1;
        }
        arena
    }

    /// A step, of which a layer in `f32` knows only by what follows how much it gives.
    const fn complete(&self, i: usize, place: usize) -> Step {
        let mut step = self.steps[i][place];
        if let Kind::Float(of, [input, _]) = step.kind {
            step.kind = Kind::Float(of, [input, self.len_behind(i)]);
        }
        step
    }

    /// What the next step takes, or the network gives.
    const fn len_behind(&self, layer: usize) -> usize {
        let mut i = layer + 1;
        while i < L {
            let mut place = 0;
            while place < PLACES {
                if self.steps[i][place].is_some() {
                    let ([input, _], _) = self.steps[i][place].ends();
                    return input;
                }
                place += 1;
            }
            i += 1;
        }
        self.plan.output
    }
}

/// The bytes of a step's input and output that lie in the arena.
const fn between(step: &Step, seen: usize, count: usize) -> [usize; 2] {
    let given = if seen > 0 { step.bytes(0) } else { 0 };
    let gives = if seen + 1 < count { step.bytes(1) } else { 0 };
    [given, gives]
}
