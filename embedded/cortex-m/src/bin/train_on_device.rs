//! Learns where it is: the network in flash knows digits, but the camera is mounted upside down. The program copies the weights
//! into RAM and trains on, with a hundred pictures whose digits somebody has told it.
#![no_std]
#![no_main]

use core::hint::black_box;

use firmware_cortex_m::end;
use kseq::prelude::*;
use models::{SmallDigits, class, recorded, sensors};
use static_cell::ConstStaticCell;

static NET: Baked<SmallDigits> =
    include_weights!(SmallDigits, "../weights/small_digits.safetensors");

const LEN: usize = trainer_memory::<SmallDigits, SGD>(1);

/// All zeros in the beginning: it costs RAM and no flash.
static MEMORY: ConstStaticCell<TrainerMemory<SmallDigits, LEN>> =
    ConstStaticCell::new(TrainerMemory::new());

type Learning = Trainer<'static, SmallDigits, SGD, SparseCategoricalCrossentropy>;

#[inline(never)]
fn learn(net: &mut Learning, x: &[f32; 64], digit: u32) -> f32 {
    net.train_on_batch(x, &digit).unwrap_or(f32::NAN)
}

/// How many pictures of those that it does not learn from it recognises.
fn recognised(net: &mut Learning) -> usize {
    let pictures = black_box(recorded::UPSIDE_DOWN.as_slice()).iter();
    let labelled = pictures
        .zip(black_box(recorded::LABELS.as_slice()))
        .skip(100);
    let right = |&(pixels, &digit): &(&[u8; 64], &u8)| {
        let y = net.predict(&sensors::small_picture(pixels));
        y.is_ok_and(|y| class(&y) == usize::from(digit))
    };
    labelled.filter(right).count()
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let Some(memory) = MEMORY.try_take() else {
        end(false)
    };
    let (optimizer, loss) = (SGD::new(0.05), SparseCategoricalCrossentropy::new());
    let Ok(mut net) = Learning::from_weights(memory, optimizer, loss, &NET) else {
        end(false)
    };

    let before = recognised(&mut net);
    let mut well = true;
    for host in black_box(recorded::LOSSES.as_slice()) {
        let pictures = black_box(recorded::UPSIDE_DOWN.as_slice()).iter();
        let labelled = pictures
            .zip(black_box(recorded::LABELS.as_slice()))
            .take(100);
        let mut loss = 0.0;
        for (pixels, &digit) in labelled {
            loss += learn(&mut net, &sensors::small_picture(pixels), digit.into()) / 100.0;
        }
        // A thousand steps add up their roundings.
        well &= (loss - host).abs() < 1e-3 * host;
    }
    let after = recognised(&mut net);
    end(well && before < 15 && after >= 38)
}
