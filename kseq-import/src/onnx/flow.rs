//! What flows from layer to layer: a tensor whose axes may lie in another order than Keras's.
//!
//! Convolutions of ONNX have the channels first, recurrent layers the steps. What comes out of one stays as it is until a layer
//! needs another order: between two convolutions nothing is transposed, and no pair of `Transpose`s has to be cancelled.

use super::graph::{Graph, ints};

/// A batch on its way.
#[derive(Clone)]
pub struct Flow {
    /// Its name in the graph.
    pub name: String,
    /// For each of its axes the axis of Keras that it is; the batch is 0.
    pub order: Vec<usize>,
    /// Which steps count, `bool` of batch and steps, in Keras's order.
    pub mask: Option<String>,
    /// Whether it is of whole numbers.
    pub is_whole: bool,
}

impl Flow {
    /// A batch of numbers in Keras's order, of which every step counts.
    pub fn new(name: String, rank: usize) -> Self {
        Flow {
            name,
            order: (0..rank).collect(),
            mask: None,
            is_whole: false,
        }
    }

    /// How many axes it has, with the batch.
    pub fn rank(&self) -> usize {
        self.order.len()
    }

    /// The last axis of Keras.
    pub fn last(&self) -> usize {
        self.rank().saturating_sub(1)
    }

    /// Where an axis of Keras is.
    pub fn axis(&self, axis: usize) -> usize {
        let found = self.order.iter().position(|&a| a == axis);
        found.unwrap_or(axis)
    }

    /// An axis as Keras writes it, which may count from the end.
    pub fn of_keras(&self, axis: i64) -> usize {
        let rank = self.rank() as i64;
        let axis = if axis < 0 { axis + rank } else { axis };
        axis.clamp(0, (rank - 1).max(0)) as usize
    }

    /// The same with another value at each place.
    pub fn with(self, name: String) -> Self {
        Flow { name, ..self }
    }

    /// With the axes in an order.
    pub fn ordered(self, graph: &mut Graph, order: Vec<usize>) -> Self {
        // (Behind a refused layer the number of axes is not known.)
        if self.order == order || self.order.len() != order.len() {
            return self;
        }
        let from: Vec<i64> = order.iter().map(|&axis| self.axis(axis) as i64).collect();
        let name = graph.node("Transpose", &[&self.name], vec![ints("perm", &from)]);
        Flow {
            name,
            order,
            ..self
        }
    }

    /// As Keras has it.
    pub fn plain(self, graph: &mut Graph) -> Self {
        let order = (0..self.rank()).collect();
        self.ordered(graph, order)
    }

    /// With the channels behind the batch.
    pub fn channels_first(self, graph: &mut Graph) -> Self {
        let last = self.last();
        let order = [0, last].into_iter().chain(1..last).take(self.rank());
        let order = order.collect();
        self.ordered(graph, order)
    }

    /// With the last axis last, wherever the others are.
    pub fn last_last(self, graph: &mut Graph) -> Self {
        match self.axis(self.last()) == self.last() {
            true => self,
            false => self.plain(graph),
        }
    }

    /// A constant that lies along an axis.
    pub fn along(&self, graph: &mut Graph, axis: usize, name: &str, values: &[f32]) -> String {
        let behind = self.rank().saturating_sub(self.axis(axis) + 1);
        let mut shape = vec![values.len()];
        shape.resize(behind + 1, 1);
        graph.floats(name, &shape, values)
    }
}
