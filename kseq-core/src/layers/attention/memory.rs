//! Where queries, keys and values lie, and those that look at each other.

use super::Attention;
use super::parts::{Group, Parts, Projection, Sizes};
use crate::base::needs::PerStep;
use crate::kernels::gemm::Mat;

impl Attention {
    pub(super) const fn projections(&self) -> [Sizes; 5] {
        let given = self.heads * self.value;
        [
            self.of_input(self.heads * self.key),
            self.of_input(self.key_heads * self.key),
            self.of_input(if self.gate { given } else { 0 }),
            self.of_input(self.key_heads * self.value),
            Sizes {
                from: given,
                to: self.outputs,
            },
        ]
    }

    const fn of_input(&self, to: usize) -> Sizes {
        Sizes {
            from: self.features,
            to,
        }
    }

    /// The places of a sample: all its axes but that of the features.
    pub(super) const fn rows(&self) -> usize {
        self.outer * self.steps * self.inner
    }

    /// How many `f32`s each part of the memory has for each sample.
    const fn lens(&self, drops: bool) -> [usize; 8] {
        let rows = self.rows();
        let given = rows * self.heads * self.value;
        let gate = if self.gate { given } else { 0 };
        let weights = rows * self.heads * self.steps;
        [
            rows * self.heads * self.key,
            rows * self.key_heads * self.key,
            rows * self.key_heads * self.value,
            given,
            gate,
            gate,
            weights,
            if drops { weights } else { 0 },
        ]
    }

    /// The `f32`s of a pass for each sample.
    pub(in super::super) const fn memory(&self, drops: bool) -> usize {
        let lens = self.lens(drops);
        let (mut sum, mut i) = (0, 0);
        while i < lens.len() {
            sum += lens[i];
            i += 1;
        }
        sum
    }

    /// The same of samples whose axes of any length are 1 here: the weights of the sums are of each pair of steps if the steps look at
    /// each other.
    pub(in super::super) const fn needs(&self, drops: bool, pairs: bool) -> PerStep {
        let all = self.memory(drops);
        let [.., weights, dropped] = self.lens(drops);
        let pair = if pairs { weights + dropped } else { 0 };
        PerStep {
            pair,
            ..PerStep::new(0, all - pair)
        }
    }

    /// The multiply-accumulates of a sample: with parameters, as everywhere.
    pub(in super::super) const fn macs(&self) -> usize {
        let projections = self.projections();
        let (mut products, mut i) = (0, 0);
        while i < projections.len() {
            products += projections[i].from * projections[i].to;
            i += 1;
        }
        products.saturating_mul(self.rows())
    }

    pub(super) fn projection<'a>(&self, p: &'a [f32], which: usize) -> Projection<'a> {
        let Sizes { from, to } = self.projections()[which];
        let bias = if self.bias { to } else { 0 };
        let own = p.get(self.first(which)..).unwrap_or_default();
        let (kernel, after) = own.split_at_checked(from * to).unwrap_or_default();
        Projection {
            kernel,
            bias: after.get(..bias).unwrap_or_default(),
        }
    }

    /// Where a projection's kernel begins among the parameters.
    pub(super) fn first(&self, which: usize) -> usize {
        let before = self.projections().into_iter().take(which);
        before
            .map(|Sizes { from, to }| from * to + if self.bias { to } else { 0 })
            .sum()
    }

    pub(super) fn parts<'a>(&self, memory: &'a mut [f32], samples: usize) -> Parts<&'a mut [f32]> {
        let mut rest = memory;
        Parts::of(self.lens(self.rate > 0.0).map(|len| {
            let all = core::mem::take(&mut rest);
            let parts = all.split_at_mut_checked(samples * len);
            let (part, after) = parts.unwrap_or_default();
            rest = after;
            part
        }))
    }

    /// What a forward pass has left.
    pub(super) fn saved<'a>(&self, memory: &'a [f32], samples: usize) -> Parts<&'a [f32]> {
        let mut rest = memory;
        Parts::of(self.lens(self.rate > 0.0).map(|len| {
            let (part, after) = rest.split_at_checked(samples * len).unwrap_or_default();
            rest = after;
            part
        }))
    }

    pub(super) fn groups(&self, samples: usize) -> impl Iterator<Item = Group> + use<> {
        let Attention {
            outer,
            steps,
            inner,
            heads,
            ..
        } = *self;
        let firsts = (0..samples * outer)
            .flat_map(move |block| (0..inner).map(move |i| block * steps * inner + i));
        firsts.flat_map(move |first| (0..heads).map(move |head| Group { first, head }))
    }

    /// The same head of the keys and values.
    pub(super) fn shared(&self, group: Group) -> Group {
        let share = self.heads / self.key_heads.max(1);
        Group {
            head: group.head / share.max(1),
            ..group
        }
    }

    /// Whether a head is the first that looks at its keys and values.
    pub(super) fn is_first(&self, group: Group) -> bool {
        let share = self.heads / self.key_heads.max(1);
        group.head.is_multiple_of(share.max(1))
    }

    /// From a step of a group to the next one, in rows of so many heads with `size` features.
    pub(super) const fn row(&self, heads: usize, size: usize) -> usize {
        self.inner * heads * size
    }

    /// Where a group begins in such rows.
    pub(super) const fn at(group: Group, heads: usize, size: usize) -> usize {
        (group.first * heads + group.head) * size
    }

    /// The steps of a group.
    pub(super) fn each_step<'a>(
        &self,
        all: &'a [f32],
        group: Group,
        heads: usize,
        size: usize,
    ) -> Mat<'a> {
        let data = all.get(Self::at(group, heads, size)..);
        Mat::rows(data.unwrap_or_default(), self.row(heads, size))
    }

    /// Whether a step of a group is masked.
    pub(super) fn is_masked(&self, tokens: Option<&[u32]>, group: Group, step: usize) -> bool {
        let at = group.first + step * self.inner;
        tokens.and_then(|tokens| tokens.get(at)) == Some(&0)
    }
}
