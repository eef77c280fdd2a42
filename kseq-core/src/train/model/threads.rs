//! The threads of a model.

#[cfg(feature = "rayon")]
use std::string::ToString;

use crate::error::Error;
use crate::pool::Pool;
use crate::text::Note;

/// So many threads can only be a mistake.
const MAX_THREADS: usize = 1024;

/// A thread for each core.
pub(super) fn default_pool() -> Pool {
    #[cfg(feature = "rayon")]
    return Pool::Global;
    #[cfg(not(feature = "rayon"))]
    Pool::Serial
}

/// A pool of this many threads; 0 is the default.
pub(super) fn pool_of(threads: usize) -> Result<Pool, Error> {
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
        _ => match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => Ok(Pool::Own(pool.into())),
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
