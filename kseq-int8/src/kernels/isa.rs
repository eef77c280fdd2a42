//! Which vector instructions a product uses. With `std` the CPU is asked once; without, the target features of the build decide.
//!
//! The environment variable `KSEQ_ISA` (`portable`, `neon`, `dotprod`, `avx2`, `avxvnni`, `avx512`) asks for less than the CPU has.

/// A family of vector instructions, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Isa {
    /// Plain Rust.
    Portable = 1,
    /// 128 bits of aarch64.
    Neon = 2,
    /// The same, with products of 8 bits.
    Dotprod = 3,
    /// 256 bits of x86-64.
    Avx2 = 4,
    /// The same, with products of 8 bits.
    AvxVnni = 5,
    /// 512 bits, with products of 8 bits.
    Avx512 = 6,
}

/// Whether all of these are there: on this CPU, or without `std` in this build.
#[cfg(target_arch = "x86_64")]
macro_rules! has {
    ($($feature:tt),+) => {{
        #[cfg(feature = "std")]
        let has = $(std::is_x86_feature_detected!($feature))&&+;
        #[cfg(not(feature = "std"))]
        let has = cfg!(all($(target_feature = $feature),+));
        has
    }};
}

impl Isa {
    /// All of them, the weakest first.
    pub(crate) const ALL: [Isa; 6] = [
        Isa::Portable,
        Isa::Neon,
        Isa::Dotprod,
        Isa::Avx2,
        Isa::AvxVnni,
        Isa::Avx512,
    ];

    /// Whether it can be run.
    pub(crate) fn available(self) -> bool {
        match self {
            Isa::Portable => true,
            Isa::Neon => cfg!(all(target_arch = "aarch64", target_feature = "neon")),
            #[cfg(target_arch = "aarch64")]
            Isa::Dotprod => {
                #[cfg(feature = "std")]
                let has = std::arch::is_aarch64_feature_detected!("dotprod");
                #[cfg(not(feature = "std"))]
                let has = cfg!(target_feature = "dotprod");
                has
            }
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => has!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Isa::AvxVnni => has!("avx2", "avxvnni"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => has!(
                "avx2",
                "avx512f",
                "avx512bw",
                "avx512vl",
                "avx512dq",
                "avx512vnni"
            ),
            #[allow(unreachable_patterns)] // Where all are named.
            _ => false,
        }
    }

    /// The name that `KSEQ_ISA` knows.
    #[cfg(feature = "std")]
    const fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Neon => "neon",
            Isa::Dotprod => "dotprod",
            Isa::Avx2 => "avx2",
            Isa::AvxVnni => "avxvnni",
            Isa::Avx512 => "avx512",
        }
    }

    /// The best one that is not above `limit`.
    fn best(limit: Isa) -> Isa {
        let mut all = Isa::ALL.into_iter().rev();
        all.find(|isa| *isa <= limit && isa.available())
            .unwrap_or(Isa::Portable)
    }
}

/// The one that is used in this process.
#[cfg(feature = "std")]
#[inline]
pub(crate) fn isa() -> Isa {
    use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

    static CHOSEN: AtomicU8 = AtomicU8::new(0);

    #[cold]
    fn choose() -> Isa {
        let wanted = std::env::var("KSEQ_ISA").ok();
        let mut all = Isa::ALL.into_iter();
        let limit = all.find(|isa| Some(isa.name()) == wanted.as_deref());
        let best = Isa::best(limit.unwrap_or(Isa::Avx512));
        CHOSEN.store(best as u8, Relaxed);
        best
    }

    #[cfg(test)]
    if let Some(isa) = FORCED.get() {
        return isa;
    }
    match CHOSEN.load(Relaxed) {
        1 => Isa::Portable,
        2 => Isa::Neon,
        3 => Isa::Dotprod,
        4 => Isa::Avx2,
        5 => Isa::AvxVnni,
        6 => Isa::Avx512,
        _ => choose(),
    }
}

/// The one of this build.
#[cfg(not(feature = "std"))]
#[inline(always)]
pub(crate) fn isa() -> Isa {
    Isa::best(Isa::Avx512)
}

#[cfg(all(test, feature = "std"))]
std::thread_local! {
    static FORCED: core::cell::Cell<Option<Isa>> = const { core::cell::Cell::new(None) };
}

/// Runs `f` on this thread with each of those that the CPU has.
#[cfg(all(test, feature = "std"))]
pub(crate) fn each(mut f: impl FnMut(Isa)) {
    for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
        FORCED.set(Some(isa));
        f(isa);
    }
    FORCED.set(None);
}
