//! How much of a pass several threads would share: one thread plays them, and measures what it does.
//!
//! Each join of a [`Pool`](super::pool::Pool) runs one side after the other. What no join encloses is serial; the leaves of a
//! tree of joins are the tasks that threads would take. From their times follows how long so many threads would need, if
//! each took the next task when it has none, and nothing else stood in their way.

use core::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use super::work::Work;

/// The times of one kind of work, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Of what they are.
    pub work: Work,
    /// What one thread does while the others wait.
    pub serial: f64,
    /// The tasks, one after the other.
    pub shared: f64,
    /// The tasks on all threads.
    pub split: f64,
    /// How often work was split.
    pub splits: usize,
}

/// What has been measured.
#[derive(Debug)]
pub struct Meter {
    threads: usize,
    clock: fn() -> f64,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    times: Vec<Times>,
    work: Work,
    /// When the serial work began, or the task.
    since: f64,
    /// The joins around.
    depth: usize,
    /// Whether what lies between two joins has joins in it, and so is no task.
    forked: bool,
    tasks: Vec<f64>,
}

impl Meter {
    /// One that plays so many threads, by a clock that gives seconds.
    #[must_use]
    pub fn new(threads: usize, clock: fn() -> f64) -> Self {
        let now = Now {
            times: Vec::new(),
            work: Work::Around,
            since: clock(),
            depth: 0,
            forked: false,
            tasks: Vec::new(),
        };
        Meter {
            threads: threads.max(1),
            clock,
            now: Mutex::new(now),
        }
    }

    /// How many threads it plays.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// What was measured since the last call, in the order in which it was first met.
    #[must_use]
    pub fn take(&self) -> Vec<Times> {
        self.mark(Work::Around);
        take(&mut self.lock().times)
    }

    /// What comes now is this.
    pub(crate) fn mark(&self, work: Work) {
        let time = (self.clock)();
        let mut now = self.lock();
        if now.depth == 0 {
            now.serial(time);
            now.work = work;
            now.since = (self.clock)();
        }
    }

    /// One after the other.
    pub(crate) fn join<A, B>(&self, f: impl FnOnce() -> A, g: impl FnOnce() -> B) -> (A, B) {
        let time = (self.clock)();
        let mut now = self.lock();
        if now.depth == 0 {
            now.serial(time);
        }
        now.depth += 1;
        drop(now);
        let results = (self.branch(f), self.branch(g));
        let mut now = self.lock();
        now.depth -= 1;
        now.forked = true;
        if now.depth == 0 {
            now.whole(self.threads);
            now.since = (self.clock)();
        }
        results
    }

    fn branch<R>(&self, f: impl FnOnce() -> R) -> R {
        {
            let mut now = self.lock();
            now.forked = false;
            now.since = (self.clock)();
        }
        let result = f();
        let time = (self.clock)();
        let mut now = self.lock();
        if !now.forked {
            let task = time - now.since;
            now.tasks.push(task);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn of_work(&mut self) -> Option<&mut Times> {
        let work = self.work;
        if self.times.iter().all(|times| times.work != work) {
            self.times.push(Times {
                work,
                serial: 0.0,
                shared: 0.0,
                split: 0.0,
                splits: 0,
            });
        }
        self.times.iter_mut().find(|times| times.work == work)
    }

    /// The serial work until `time`.
    fn serial(&mut self, time: f64) {
        let serial = time - self.since;
        if let Some(times) = self.of_work() {
            times.serial += serial;
        }
    }

    /// A tree of joins is done.
    fn whole(&mut self, threads: usize) {
        let tasks = take(&mut self.tasks);
        if let Some(times) = self.of_work() {
            times.shared += tasks.iter().sum::<f64>();
            times.split += split(&tasks, threads);
            times.splits += 1;
        }
    }
}

/// How long so many threads take, each of which takes the next task when it has none.
fn split(tasks: &[f64], threads: usize) -> f64 {
    let mut busy = std::vec![0.0_f64; threads];
    for task in tasks {
        if let Some(first) = busy.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *first += task;
        }
    }
    busy.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

    #[test]
    fn tasks_are_the_leaves_of_joins() {
        static TIME: AtomicU32 = AtomicU32::new(0);
        let pass = |seconds| {
            TIME.fetch_add(seconds, Relaxed);
        };
        let meter = Meter::new(2, || f64::from(TIME.load(Relaxed)));
        pass(1);
        meter.mark(Work::Forward(0));
        pass(10);
        let inner = || {
            meter.join(|| pass(3), || pass(4));
        };
        meter.join(inner, || pass(5));
        pass(20);
        meter.mark(Work::Update);
        meter.join(|| pass(1), || pass(1));
        let times: Vec<_> = meter
            .take()
            .iter()
            .map(|t| (t.work, [t.serial, t.shared, t.split], t.splits))
            .collect();
        // Of 3, 4 and 5 the last one goes to the thread that is done first.
        assert_eq!(
            times,
            [
                (Work::Around, [1.0, 0.0, 0.0], 0),
                (Work::Forward(0), [30.0, 12.0, 8.0], 1),
                (Work::Update, [0.0, 2.0, 1.0], 1),
            ]
        );
        assert!(meter.take().iter().all(|t| t.serial == 0.0));
    }
}
