// Package graphtest is for tests of what rewrites graphs: Parse reads the text that
// graph.Graph.Dump writes, Check validates a graph, Same runs two graphs on the reference
// engine and compares what they compute, and Watch does both around every pass.
package graphtest
