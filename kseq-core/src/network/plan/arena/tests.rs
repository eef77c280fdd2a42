use std::vec::Vec;

use super::super::Plan;
use super::super::facts::facts;
use super::*;
use crate::activations::Linear;
use crate::facts::Reads;
use crate::kernels::conv::{Axis, Conv};

fn layer(out: usize) -> Facts {
    facts(out, false, Reads::Nothing, false)
}

fn in_place(out: usize, rises: bool) -> Facts {
    Facts {
        rises,
        ..facts(out, true, Reads::Nothing, false)
    }
}

/// Windows without padding.
fn axis(input: usize, taps: usize, stride: usize) -> Axis {
    Axis {
        input,
        output: (input - taps) / stride + 1,
        taps,
        stride,
        dilation: 1,
        before: 0,
    }
}

fn conv(size: usize, channels: usize, filters: usize, taps: usize, pools: Pools) -> Facts {
    let conv = Conv {
        axes: [axis(size, taps, 1); 2],
        channels,
        filters,
        groups: 1,
    };
    layer(conv.output_len()).walk(Walk::Conv {
        conv,
        pools,
        pooling: None,
    })
}

fn pooling(size: usize, channels: usize, taps: usize, average: bool) -> Facts {
    let pooling = Pooling {
        axes: [axis(size, taps, taps); 2],
        channels,
        average,
    };
    layer(pooling.output_len()).walk(Walk::Pool(pooling))
}

#[test]
fn a_network_for_digits() {
    let plan = Plan::new::<Linear>([
        conv(28, 1, 8, 3, Pools::Any),
        pooling(26, 8, 2, false),
        conv(13, 8, 16, 3, Pools::Any),
        pooling(11, 16, 2, false),
        in_place(400, false),
        layer(10),
    ]);
    // Pooled maps of 13 x 13 x 8 and 5 x 5 x 16 values. The second is written from its end on, over the last row of the first,
    // which nobody reads, and so on.
    assert_eq!(plan.sizes.arena, 13 * 13 * 8);
    assert!(plan.spots[2].backwards);
    let spots = plan.spots;
    assert_eq!(
        spots.map(|spot| spot.done),
        [false, true, false, true, false, false]
    );
    assert_eq!(
        spots.map(|spot| spot.y),
        [
            [0, 1352],
            [0, 1352],
            [952, 400],
            [952, 400],
            [952, 400],
            [0, 0]
        ]
    );
}

#[test]
fn which_poolings_a_convolution_does() {
    let done = |facts: [Facts; 5]| {
        let spots = Plan::new::<Linear>(facts).spots;
        (spots[3].done, spots[0].y[1])
    };
    let map = 10 * 10 * 4;
    let pooled = 5 * 5 * 4;
    let chain = |pools, rises, average| {
        [
            conv(12, 3, 4, 3, pools),
            in_place(map, rises),
            in_place(map, rises),
            pooling(10, 4, 2, average),
            layer(3),
        ]
    };
    assert_eq!(done(chain(Pools::Any, true, false)), (true, pooled));
    assert_eq!(done(chain(Pools::Max, true, false)), (true, pooled));
    assert_eq!(done(chain(Pools::Nothing, true, false)), (false, map));
    assert_eq!(done(chain(Pools::Any, false, false)), (false, map));
    assert_eq!(done(chain(Pools::Any, true, true)), (false, map));
    // A penalty on an output needs the output; so does a layer with state, which looks at a whole batch.
    let mut penalized = chain(Pools::Any, true, false);
    penalized[0] = penalized[0].penalized();
    assert_eq!(done(penalized), (false, map));
    let mut stateful = chain(Pools::Any, true, false);
    stateful[4].stateful = true;
    assert_eq!(done(stateful), (false, map));
    assert_eq!(Plan::new::<Linear>(stateful).sizes.arena, map + pooled);
}

#[test]
fn a_layer_alone_needs_its_scratch_memory() {
    let mut one = layer(10);
    one.infer_scratch = 7;
    assert_eq!(Plan::new::<Linear>([one]).sizes.arena, 7);
    assert_eq!(Plan::new::<Linear>([layer(10)]).sizes.arena, 0);
}

proptest::proptest! {
    /// Whatever the layers are: each finds its input where the one before has left its output, and what a layer works on
    /// does not overlap, but for what it gives up itself.
    #[test]
    fn nothing_that_is_read_is_overwritten(
        drawn in proptest::array::uniform8((0usize..5, 1usize..9, 0usize..4, 1usize..4, proptest::bool::ANY)),
    ) {
        // The size of an image and its channels; its values.
        let (mut size, mut channels) = (17, 3);
        let mut len = size * size * channels;
        let mut image = true;
        let facts: Vec<Facts> = drawn.iter().map(|&(kind, out, scratch, taps, flag)| {
            let mut fact = match kind {
                0 if image && size >= taps => {
                    let pools = [Pools::Nothing, Pools::Max, Pools::Any][out % 3];
                    let conv = conv(size, channels, out, taps, pools);
                    (size, channels) = (size - taps + 1, out);
                    conv
                }
                1 if image && size >= taps => {
                    let pooling = pooling(size, channels, taps, flag);
                    size = (size - taps) / taps + 1;
                    pooling
                }
                2 | 3 => in_place(len, flag),
                _ => {
                    image = false;
                    Facts { infer_scratch: scratch, ..layer(out) }
                }
            };
            if flag && out == 8 {
                fact = fact.penalized();
            }
            len = fact.out;
            fact
        }).collect();
        let plan = Plan::new::<Linear>(<[Facts; 8]>::try_from(facts.clone()).unwrap());
        let arena = plan.sizes.arena;
        let spots = plan.spots;
        let overlap = |a: [usize; 2], b: [usize; 2]| {
            a[1] > 0 && b[1] > 0 && a[0] < b[0] + b[1] && b[0] < a[0] + a[1]
        };
        for (i, (spot, fact)) in spots.iter().zip(&facts).enumerate() {
            for part in [spot.x, spot.y, spot.scratch] {
                proptest::prop_assert!(part[0] + part[1] <= arena);
            }
            if i > 0 {
                proptest::prop_assert_eq!(spot.x, spots[i - 1].y);
            }
            let last = i == 7;
            if i > 0 && !last && (fact.in_place || spot.done) {
                proptest::prop_assert_eq!(spot.x, spot.y);
                continue;
            }
            proptest::prop_assert_eq!(spot.scratch[1], fact.infer_scratch);
            proptest::prop_assert!(!overlap(spot.x, spot.scratch) && !overlap(spot.y, spot.scratch));
            match &spot.walk {
                Some(walk) if i > 0 && !last => {
                    let lead = walk.lead(spot.backwards);
                    let ([x, x_len], [y, y_len]) = (spot.x, spot.y);
                    if spot.backwards {
                        proptest::prop_assert!(y + y_len >= x + x_len + lead);
                    } else {
                        proptest::prop_assert!(y + lead <= x);
                    }
                }
                _ => proptest::prop_assert!(!overlap(spot.x, spot.y)),
            }
        }
        // Never more than two buffers of the host.
        proptest::prop_assert!(arena <= plan.sizes.infer[0] + plan.sizes.infer[1] + 3);
    }
}
