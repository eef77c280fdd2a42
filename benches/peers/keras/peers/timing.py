"""The clock, the repeats, and the lines of JSON."""
import json
import resource
import statistics
import sys
import time

# Steps in one call, where a program offers that.
AT_ONCE = 8
# Epochs of a call of `fit`, as in benches/models.rs.
EPOCHS = 3
# Of a measurement that takes longer than that the repeats are fewer.
LONG = 4.0


class Timing:
    """Measures and reports for one model and one program."""

    def __init__(self, args, model, spec, version):
        self.args, self.model, self.batch, self.version = args, model, spec["batch"], version
        # On one thread the CPU time of the process: others' work on the machine does not count.
        self.now = time.process_time if args.clock == "cpu" else time.perf_counter

    def pilot(self, f, seconds=0.15):
        """Seconds of a call that has run before."""
        times, begin = [], self.now()
        while not times or self.now() - begin < seconds:
            start = self.now()
            f()
            times.append(self.now() - start)
        return statistics.median(times)

    def warm(self, candidates):
        """Of (way, function, steps of a call) those that work: (seconds of a step, way, function, steps), the fastest first."""
        timed = []
        for way, f, steps in candidates:
            try:
                f()
                start = self.now()
                f()
                took = self.now() - start
                timed.append(((self.pilot(f) if took < 0.5 else took) / steps, way, f, steps))
            except Exception as error:
                complain(way, error)
        if not timed:
            raise RuntimeError("no way worked")
        return sorted(timed, key=lambda t: t[0])

    def repeats(self, f, steps, step):
        """Seconds of a step, one figure a repeat; `step` is about that."""
        count = max(1, round(self.args.seconds / (step * steps)))
        figures, begin = [], self.now()
        while len(figures) < self.args.repeats and not (figures and self.now() - begin > LONG):
            start = self.now()
            for _ in range(count):
                f()
            figures.append((self.now() - start) / (count * steps))
        return figures

    def fastest(self, mode, candidates):
        """Measures the fastest of some ways; returns the seconds of a step."""
        timed = self.warm(candidates)
        step, way, f, steps = timed[0]
        figures = self.repeats(f, steps, step)
        self.report(mode, way, figures, {w: round(s * 1e6, 2) for s, w, _, _ in timed})
        return statistics.median(figures)

    def report(self, mode, way, figures, pilots):
        latency = mode == "latency"
        batch = 1 if latency else self.batch
        values = sorted(s * 1e6 if latency else batch / s for s in figures)
        line = {
            "backend": self.args.backend, "model": self.model, "mode": mode, "threads": self.args.threads, "batch": batch,
            "us_per_call" if latency else "samples_per_s": round(statistics.median(values), 3),
            "median": round(statistics.median(values), 3), "min": round(values[0], 3), "max": round(values[-1], 3),
            "n": len(values), "clock": self.args.clock, "path": way, "pilots_us": pilots, "version": self.version,
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, 1),
        }
        print(json.dumps(line), flush=True)

    def wants(self, mode):
        return mode in self.args.modes


def epochs_and_batches(spec, step):
    """How many of both `fit` gets: of a model whose step is slow fewer, whose ends of epochs do not count either."""
    batches = spec["batches"]
    if step * batches * EPOCHS < LONG:
        return EPOCHS, batches
    return 2, max(2, min(batches, int(LONG / step / 2)))


def complain(what, error):
    print(f"# {what}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr, flush=True)
