"""Prints the scalars that TensorBoard shows of a folder: run, tag, step, value, one a line; of a histogram the number of its
values, of a model the number of its layers."""

import json, sys

from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.data import provider
from tensorboard.plugins.graph import keras_util

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
histograms = dict(experiment_id="", plugin_name="histograms")
for run, tags in sorted(source.list_tensors(ctx, **histograms).items()):
    points = source.read_tensors(ctx, **histograms, downsample=10_000, run_tag_filter=provider.RunTagFilter())
    for tag in sorted(tags):
        for point in points[run][tag]:
            print(run, tag, point.step, float(point.numpy[:, 2].sum()))
graphs = dict(experiment_id="", plugin_name="graph_keras_model")
for run, tags in sorted(source.list_tensors(ctx, **graphs).items()):
    points = source.read_tensors(ctx, **graphs, downsample=10, run_tag_filter=provider.RunTagFilter())
    for tag in sorted(tags):
        for point in points[run][tag]:
            # What the plugin for graphs does with it.
            model = json.loads(point.numpy.item())
            graph = keras_util.keras_model_to_graph_def(model)
            print(run, tag, point.step, len(graph.node))
for run, tags in sorted(listed.items()):
    for tag in sorted(tags):
        for point in read[run][tag]:
            print(run, tag, point.step, repr(float(point.value)))
