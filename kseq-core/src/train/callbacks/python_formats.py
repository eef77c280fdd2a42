"""Writes python_formats.tsv: format, value (whole, or the bits of an f32), what Python makes of them."""
import random, struct

random.seed(19)
def f32(x):
    try: return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError: return float("inf")
def shortest(x):
    """The shortest decimal number that reads back as this f32, as a double."""
    for digits in range(1, 10):
        s = f"{x:.{digits - 1}e}"
        if f32(float(s)) == x: return float(s)
    return x
def value():
    kind = random.randrange(6)
    if kind == 0: return random.choice([0, 1, 9, 12, 99, 1234, 10**6, 123456789])
    if kind == 1: return f32(random.choice([0.0, -0.0, 0.125, 0.375, -0.5, 2.5, -0.9486832, 1.0, 100.0, 1e16, 1e15, 1e-4, 1e-5, 999999.5, 9.9999995e5, float("nan"), float("inf"), -float("inf"), 16777216.0, 3.4e38, 1e-45]))
    if kind == 2: return f32(round(random.uniform(-20, 20)) / 8)
    return f32(random.choice([-1, 1]) * 10 ** random.uniform(-9, 9))
def spec():
    if random.random() < 0.03: return random.choice(["", ",", "_d", "#x", "z.2f", "n", "x", "b", "o", "c", "s", "r", "100d", ".100f", "0", "00", "+", "-5", "+05", "5-", ".f", "5.", "..2f", "f5", "!r", "lf", ".2ff", "02 d"])
    s = ""
    if random.random() < 0.3: s += random.choice(["", "*", "x", "0", "-", "="]) + random.choice("<>^=")
    if random.random() < 0.3: s += random.choice("+- ")
    if random.random() < 0.4: s += "0"
    if random.random() < 0.6: s += str(random.choice([1, 2, 4, 7, 10, 12]))
    if random.random() < 0.6: s += "." + str(random.choice([0, 1, 2, 3, 4, 6, 12]))
    return s + random.choice(["", "", "d", "f", "f", "e", "E", "F", "g", "G", "%"])
with open("python_formats.tsv", "w") as out:
    seen = set()
    while len(seen) < 900:
        v, s = value(), spec()
        key = (s, repr(v))
        if key in seen: continue
        seen.add(key)
        written = v if isinstance(v, int) else "x" + struct.pack(">f", v).hex()
        # Without type and precision kseq is as short as the f32 is.
        short = not isinstance(v, int) and "." not in s and not s[-1:].isalpha() and s[-1:] != "%" and v == v and abs(v) != float("inf")
        try: r = "ok:" + format(shortest(v) if short else v, s)
        except ValueError: r = "ValueError"
        out.write(f"{s}\t{written}\t{r}\n")
