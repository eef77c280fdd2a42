"""Prints the scalars that TensorBoard shows of a folder: run, tag, step, value, one a line."""

import sys

from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.data import provider

folder = sys.argv[1]
multiplexer = plugin_event_multiplexer.EventMultiplexer()
multiplexer.AddRunsFromDirectory(folder)
multiplexer.Reload()
source = data_provider.MultiplexerDataProvider(multiplexer, folder)
which = dict(experiment_id="", plugin_name="scalars")
ctx = context.RequestContext()
listed = source.list_scalars(ctx, **which)
read = source.read_scalars(
    ctx, **which, downsample=10_000, run_tag_filter=provider.RunTagFilter()
)
for run, tags in sorted(listed.items()):
    for tag in sorted(tags):
        for point in read[run][tag]:
            print(run, tag, point.step, repr(float(point.value)))
