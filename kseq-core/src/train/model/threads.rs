//! The threads of a model.

#[cfg(feature = "rayon")]
use std::string::ToString;
#[cfg(feature = "rayon")]
use std::vec::Vec;

use crate::error::Error;
use crate::pool::Pool;
#[cfg(feature = "rayon")]
use crate::pool::Team;
use crate::text::Note;

/// So many threads can only be a mistake.
const MAX_THREADS: usize = 1024;

/// The threads of predictions that change a model's state: nothing but kernels runs on them.
///
/// Such a prediction holds the lock of the state. A thread of rayon's that waits does other work of its pool meanwhile: in a
/// pool where code of the user's runs, that may be another prediction of the model, which would wait for the lock below it on
/// the same stack, for ever. So on a thread of rayon's it works alone; any other thread blocks until these threads are done.
/// All models with as many threads share them.
#[derive(Default)]
pub(super) struct Apart(#[cfg(feature = "rayon")] std::sync::OnceLock<Pool>);

impl Apart {
    /// As many threads as `pool` has, or the calling one alone.
    pub fn of(&self, pool: &Pool) -> Pool {
        match pool {
            Pool::Serial => Pool::Serial,
            #[cfg(feature = "rayon")]
            _ if rayon::current_thread_index().is_some() => Pool::Serial,
            #[cfg(feature = "rayon")]
            pool => self.0.get_or_init(|| shared(pool.threads())).clone(),
        }
    }
}

/// The pool of so many threads that models share, as long as one of them is there.
#[cfg(feature = "rayon")]
fn shared(threads: usize) -> Pool {
    use std::sync::{Mutex, PoisonError, Weak};
    static POOLS: Mutex<Vec<Weak<Team>>> = Mutex::new(Vec::new());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    pools.retain(|pool| pool.strong_count() > 0);
    let mut there = pools.iter().filter_map(Weak::upgrade);
    if let Some(pool) = there.find(|pool| pool.threads() == threads) {
        return Pool::Own(pool);
    }
    // If the system refuses the threads, the calling one gives the same bits.
    let pool = pool_of(threads).unwrap_or(Pool::Serial);
    if let Pool::Own(pool) = &pool {
        pools.push(std::sync::Arc::downgrade(pool));
    }
    pool
}

/// A thread for each core.
pub(in crate::train) fn default_pool() -> Pool {
    #[cfg(feature = "rayon")]
    return Pool::Global;
    #[cfg(not(feature = "rayon"))]
    Pool::Serial
}

/// A pool of this many threads; 0 is the default.
pub(in crate::train) fn pool_of(threads: usize) -> Result<Pool, Error> {
    match threads {
        0 => Ok(default_pool()),
        MAX_THREADS.. => {
            let why = Note::new().str("expected fewer than ").num(MAX_THREADS);
            let why = why.str(" threads, found ").num(threads);
            Err(Error::Argument {
                name: "threads",
                why,
            })
        }
        1 => Ok(Pool::Serial),
        #[cfg(feature = "rayon")]
        _ => match Pool::of(threads) {
            Ok(pool) => Ok(pool),
            Err(e) => {
                let why = Note::new()
                    .str("the system refused ")
                    .num(threads)
                    .str(" threads: ");
                let why = why.str(&e.to_string());
                Err(Error::Argument {
                    name: "threads",
                    why,
                })
            }
        },
        #[cfg(not(feature = "rayon"))]
        _ => {
            let why = Note::new().str("expected 0 or 1 without the feature `rayon`, found ");
            let why = why.num(threads);
            Err(Error::Argument {
                name: "threads",
                why,
            })
        }
    }
}
