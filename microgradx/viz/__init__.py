"""Seeing the graph: drawings of what was computed, with values, gradients, shapes and names."""

from microgradx.autograd.modes import recording as record
from microgradx.viz.capture import capture
from microgradx.viz.draw import GraphView, draw, draw_dot, make_dot
from microgradx.viz.graph import Graph, GraphEdge, GraphNode

__all__ = [
    "Graph",
    "GraphEdge",
    "GraphNode",
    "GraphView",
    "capture",
    "draw",
    "draw_dot",
    "make_dot",
    "record",
]
