//! Sums of the parts of a batch in one order, whoever has computed them: a binary tree over the numbers of the parts.

use std::vec::Vec;

/// A node of the tree: the sum of `1 << level` parts from `first` on, which is a multiple of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub first: usize,
    pub level: u32,
}

impl Node {
    /// The sum of a part alone.
    pub const fn part(first: usize) -> Self {
        Node { first, level: 0 }
    }

    /// The sum of this one and the next, if the tree has one.
    fn with(self, next: Node) -> Option<Node> {
        let is_left = self.first.is_multiple_of(2 << self.level);
        let is_next = next.level == self.level && next.first == self.first + (1 << self.level);
        (is_left && is_next).then_some(Node {
            level: self.level + 1,
            ..self
        })
    }
}

/// The sums of the parts so far: nodes, none of which are the two halves of another one, and memory for each.
#[derive(Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    sums: Vec<Vec<f32>>,
}

impl Tree {
    /// Forgets all parts.
    pub fn clear(&mut self) {
        self.nodes.clear();
    }

    /// Takes in the sum of the next parts.
    pub fn push(&mut self, node: Node, values: &[f32]) {
        let at = self.nodes.len();
        if self.sums.len() <= at {
            self.sums.push(std::vec![0.0; values.len()]);
        }
        if let Some(sum) = self.sums.get_mut(at) {
            sum.clear();
            sum.extend_from_slice(values);
        }
        self.nodes.push(node);
        while let [.., left, right] = self.nodes[..]
            && let Some(both) = left.with(right)
        {
            self.add_last();
            if let Some(last) = self.nodes.last_mut() {
                *last = both;
            }
        }
    }

    /// The sum of the last two becomes one.
    fn add_last(&mut self) {
        self.nodes.pop();
        let sums = self.sums.get_mut(..self.nodes.len() + 1);
        if let Some([.., left, right]) = sums {
            left.iter_mut().zip(&*right).for_each(|(l, r)| *l += r);
        }
    }

    /// The nodes with their sums.
    pub fn nodes(&self) -> impl Iterator<Item = (Node, &[f32])> {
        let sums = self.sums.iter().map(|sum| &sum[..]);
        self.nodes.iter().copied().zip(sums)
    }

    /// The sum of all.
    pub fn total(&mut self) -> &[f32] {
        while self.nodes.len() > 1 {
            self.add_last();
        }
        self.sums.first().map_or(&[], |sum| &sum[..])
    }
}

/// The nodes that come of these parts.
pub(super) fn nodes_of(parts: core::ops::Range<usize>) -> Vec<Node> {
    let mut tree = Tree::default();
    parts.for_each(|part| tree.push(Node::part(part), &[]));
    tree.nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values whose sum depends on the order.
    fn value(part: usize) -> [f32; 1] {
        [1.0 + (part as f32 * 0.73).sin() * 1e-6 * 10f32.powi(part as i32 % 9)]
    }

    #[test]
    fn the_sum_does_not_depend_on_who_has_which_parts() {
        for parts in 1..40 {
            let mut tree = Tree::default();
            (0..parts).for_each(|part| tree.push(Node::part(part), &value(part)));
            let alone = tree.total()[0].to_bits();
            for ranks in 1..=parts {
                let mut all = Tree::default();
                for rank in 0..ranks {
                    let own = rank * parts / ranks..(rank + 1) * parts / ranks;
                    let mut tree = Tree::default();
                    own.clone()
                        .for_each(|part| tree.push(Node::part(part), &value(part)));
                    let nodes: Vec<Node> = tree.nodes().map(|(node, _)| node).collect();
                    assert_eq!(nodes, nodes_of(own));
                    tree.nodes().for_each(|(node, sum)| all.push(node, sum));
                }
                assert_eq!(
                    all.total()[0].to_bits(),
                    alone,
                    "{parts} parts, {ranks} ranks"
                );
            }
        }
    }

    /// So the test above can fail.
    #[test]
    fn the_order_can_be_seen() {
        let mut tree = Tree::default();
        (0..37).for_each(|part| tree.push(Node::part(part), &value(part)));
        let in_order: f32 = (0..37).map(|part| value(part)[0]).sum();
        assert_ne!(tree.total()[0].to_bits(), in_order.to_bits());
    }
}
