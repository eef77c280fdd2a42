//! `Ranks`: a training whose batches are cut into parts, on one process or several; what they sum, and the memory for it.

use core::ops::Range;
use std::sync::Arc;
use std::vec::Vec;

use super::exchange::{Exchange, Sums};
use super::tree::{Node, Tree, nodes_of};
use crate::tape::Sink;

/// So many gradients are on their way together: 1 MB, which takes longer to send than to say that it comes.
const BUCKET: usize = 1 << 18;

/// What a training in parts has besides one of whole batches.
#[derive(Clone)]
pub(in crate::train) struct Ranks {
    pub exchange: Arc<dyn Exchange>,
    /// The parts of a batch.
    pub parts: usize,
    /// Whether sums are those of the tree over the parts, whatever the number of ranks.
    pub exact: bool,
    pub memory: Memory,
}

/// The memory, whose content means nothing between two steps.
#[derive(Default)]
pub(in crate::train) struct Memory {
    /// Of one part: gradients, what the optimizer asks of occurrences, the change of the layers' state.
    pub own: Vec<f32>,
    /// The same of all parts.
    pub sum: Vec<f32>,
    /// The layers' state before the step.
    pub before: Vec<f32>,
    /// Loss and metrics of each part of this rank.
    pub reports: Vec<f64>,
    /// The same of all ranks.
    pub all_reports: Vec<f64>,
    /// What the metrics had accumulated before the step.
    pub metrics: Vec<f64>,
    /// A number of each rank.
    pub room: Vec<f64>,
    own_tree: Tree,
    all_tree: Tree,
    /// What goes to other ranks, and what comes from them.
    dealt: [Vec<f32>; 2],
    /// The nodes of each rank.
    nodes: Vec<Vec<Node>>,
    /// For which parts, and whether their sums are exact, there is room.
    parts: (usize, bool),
}

/// Each training has memory of its own, which is there when it begins.
impl Clone for Memory {
    fn clone(&self) -> Self {
        Memory::default()
    }
}

impl Ranks {
    /// Each rank has one part of a batch.
    pub fn new(exchange: Arc<dyn Exchange>) -> Self {
        Ranks {
            parts: exchange.ranks().max(1),
            exchange,
            exact: false,
            memory: Memory::default(),
        }
    }

    /// The parts of a rank.
    pub fn parts_of(&self, rank: usize) -> Range<usize> {
        let ranks = self.exchange.ranks().max(1);
        rank * self.parts / ranks..(rank + 1) * self.parts / ranks
    }

    /// The parts of this rank.
    pub fn own_parts(&self) -> Range<usize> {
        self.parts_of(self.exchange.rank())
    }

    /// The most parts of a rank.
    pub fn most_parts(&self) -> usize {
        self.parts.div_ceil(self.exchange.ranks().max(1))
    }

    /// The samples of a part of a batch of so many.
    pub fn samples(&self, part: usize, samples: usize) -> Range<usize> {
        let at =
            |part: usize| (part as u128 * samples as u128 / self.parts.max(1) as u128) as usize;
        at(part)..at(part + 1)
    }

    /// Whether this rank is the one that writes files.
    pub fn is_first(&self) -> bool {
        self.exchange.rank() == 0
    }

    /// What each rank says, a number each.
    pub fn ask_all(&mut self, own: f64) -> &[f64] {
        let (room, ranks) = (&mut self.memory.room, self.exchange.ranks());
        if room.len() < ranks {
            room.resize(ranks, 0.0);
        }
        let room = room.get_mut(..ranks).unwrap_or_default();
        self.exchange.gather(&[own], room);
        room
    }

    /// Every rank gets the numbers of the first one.
    pub fn broadcast(&self, values: &mut [f32]) {
        let mut bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.exchange.broadcast(&mut bytes);
        let (numbers, _) = bytes.as_chunks::<4>();
        for (value, bytes) in values.iter_mut().zip(numbers) {
            *value = f32::from_le_bytes(*bytes);
        }
    }

    /// Every rank gets the number of the first one.
    pub fn broadcast_number(&self, number: u64) -> u64 {
        let mut bytes = number.to_le_bytes();
        self.exchange.broadcast(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Every rank gets the bytes that the first one has, if it has any.
    pub fn broadcast_bytes(&self, own: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let own = own.filter(|_| self.is_first());
        let len = own.as_ref().map_or(u64::MAX, |bytes| bytes.len() as u64);
        let len = self.broadcast_number(len);
        let len = usize::try_from(len).ok().filter(|_| len != u64::MAX)?;
        let mut bytes = own.unwrap_or_default();
        bytes.resize(len, 0);
        self.exchange.broadcast(&mut bytes);
        Some(bytes)
    }

    /// Makes room, once: for so many values that are summed, of which the last are the layers' state, and so many of a report.
    pub fn reserve(&mut self, values: usize, state: usize, report: usize) {
        let (ranks, most) = (self.exchange.ranks().max(1), self.most_parts());
        let parts = (self.parts, self.exact);
        let memory = &self.memory;
        let is_there = memory.own.len() == values && memory.reports.len() == most * report;
        if is_there && memory.parts == parts {
            return;
        }
        let own_nodes: Vec<_> = (0..ranks)
            .map(|rank| nodes_of(self.parts_of(rank)))
            .collect();
        let memory = &mut self.memory;
        memory.parts = parts;
        let each = values.div_ceil(ranks);
        memory.own = std::vec![0.0; values];
        memory.sum = std::vec![0.0; each * ranks];
        memory.before = std::vec![0.0; state];
        memory.reports = std::vec![0.0; most * report];
        memory.all_reports = std::vec![0.0; ranks * most * report];
        memory.metrics = std::vec![0.0; report];
        memory.room = std::vec![0.0; ranks];
        let nodes = own_nodes.iter().map(Vec::len).max().unwrap_or(0);
        if ranks > 1 && self.exact {
            memory.dealt = [(); 2].map(|()| std::vec![0.0; ranks * nodes * each]);
        }
        memory.nodes = own_nodes;
    }

    /// Forgets the parts before.
    pub fn begin(&mut self) {
        self.memory.own_tree.clear();
    }

    /// A part of this rank has been computed: `own` is its.
    pub fn add(&mut self, part: usize) {
        let Memory { own, own_tree, .. } = &mut self.memory;
        own_tree.push(Node::part(part), own);
    }

    /// All parts of this rank have been added: `sum` becomes that of all parts, in the order of the tree over them.
    pub fn sum_up(&mut self) {
        let Memory {
            sum,
            own_tree,
            all_tree,
            dealt: [to, from],
            nodes,
            own,
            ..
        } = &mut self.memory;
        let ranks = self.exchange.ranks();
        if ranks == 1 {
            let total = own_tree.total();
            sum.iter_mut()
                .zip(total)
                .for_each(|(sum, total)| *sum = *total);
            return;
        }
        // Each rank sums a piece of the values over all nodes, and gives it to all others.
        let each = own.len().div_ceil(ranks).max(1);
        let most = nodes.iter().map(Vec::len).max().unwrap_or(0).max(1);
        for (slot, (_, values)) in own_tree.nodes().enumerate() {
            for (piece, values) in values.chunks(each).enumerate() {
                let at = (piece * most + slot) * each;
                let to = to.iter_mut().skip(at);
                to.zip(values).for_each(|(to, value)| *to = *value);
            }
        }
        self.exchange.deal(to, from);
        all_tree.clear();
        for (nodes, from) in nodes.iter().zip(from.chunks(most * each)) {
            for (node, values) in nodes.iter().zip(from.chunks(each)) {
                all_tree.push(*node, values);
            }
        }
        self.exchange.gather_values(all_tree.total(), sum);
    }
}

/// Gradients that go to all ranks while those of the layers before are computed: a pass comes to the last layer first.
pub(in crate::train) struct Sending<'a, 's> {
    /// The gradients that are not under way yet.
    pub own: &'a mut [f32],
    /// Where their sum comes.
    pub sum: &'a mut [f32],
    pub sums: &'s mut dyn Sums<'a>,
}

impl Sending<'_, '_> {
    /// Those from here on are final.
    pub fn send(&mut self, first: usize) {
        let own = core::mem::take(&mut self.own);
        let sum = core::mem::take(&mut self.sum);
        let (own, ready) = own.split_at_mut_checked(first).unwrap_or_default();
        let (sum, ready_sum) = sum.split_at_mut_checked(first).unwrap_or_default();
        (self.own, self.sum) = (own, sum);
        if !ready.is_empty() {
            self.sums.start(ready, ready_sum);
        }
    }
}

impl Sink for Sending<'_, '_> {
    fn memory(&mut self, (first, len): (usize, usize)) -> &mut [f32] {
        self.own.get_mut(first..first + len).unwrap_or_default()
    }

    fn written(&mut self, first: usize, _: &mut [f32]) {
        if self.own.len().saturating_sub(first) >= BUCKET {
            self.send(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second of two ranks, who hears nothing of the other one.
    #[derive(Debug)]
    struct Second;

    impl Exchange for Second {
        fn rank(&self) -> usize {
            1
        }

        fn ranks(&self) -> usize {
            2
        }

        fn gather(&self, _: &[f64], _: &mut [f64]) {}

        fn gather_values(&self, _: &[f32], _: &mut [f32]) {}

        fn deal(&self, _: &[f32], _: &mut [f32]) {}

        fn broadcast(&self, _: &mut [u8]) {}

        fn sums<'a>(&self, _: &mut dyn FnMut(&mut dyn Sums<'a>)) {}
    }

    /// Three parts and four are two at most for each of two ranks.
    #[test]
    fn other_parts_have_other_nodes() {
        let mut ranks = Ranks::new(Arc::new(Second));
        ranks.exact = true;
        for parts in [3, 4, 3] {
            ranks.parts = parts;
            ranks.reserve(10, 0, 2);
            let expected = [0, 1].map(|rank| nodes_of(ranks.parts_of(rank)));
            assert_eq!(ranks.memory.nodes, expected, "{parts} parts");
        }
    }
}
