"""The programs that are measured beside kseq, each behind the same function `run(args, spec)`: see `../models.py`."""
