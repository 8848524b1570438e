package tf

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert/internal/misfit"
	"github.com/mixconv/mixconv/convert/tf/internal/graphdef"
	"github.com/mixconv/mixconv/convert/tf/internal/wire"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	savedModelFile = "saved_model.pb"
	serving        = "serve" // the tag of the graph for inference
)

// openSavedModel opens the variables beside a SavedModel's file, and the graph
// whose tag says that it is for serving, or the only one.
func openSavedModel(file string, lim limit.Limits) (store, error) {
	if filepath.Ext(file) == ".pbtxt" {
		return nil, &errs.UnsupportedError{File: file, Items: []errs.Unsupported{{Reason: "a SavedModel as text; saved_model.pb is supported"}}}
	}
	data, err := regular.Read(file, lim.FileBytes)
	if err != nil {
		return nil, err
	}
	graph, err := servingGraph(data, lim)
	if err != nil {
		return nil, errs.InFile(file, err)
	}
	c, err := openCheckpoint(filepath.Join(filepath.Dir(file), "variables"), "variables", lim)
	if err != nil {
		return nil, err
	}
	c.info = newGraphInfo(graph, file, false)
	return c, nil
}

// metaGraph is one of a SavedModel's graphs.
type metaGraph struct {
	tags  []string
	graph wire.Field
}

// servingGraph reads a SavedModel (tensorflow/core/protobuf/saved_model.proto).
func servingGraph(data []byte, lim limit.Limits) (*graphdef.Graph, error) {
	if len(data) == 0 {
		return nil, errs.Format("", "the file is empty")
	}
	var graphs []metaGraph
	err := wire.Fields(data, 0, func(f wire.Field) error {
		if f.Number != 2 {
			return nil
		}
		if len(graphs) == maxMetaGraphs {
			return errs.FormatAt(f.Offset, "SavedModel", "more than %d graphs", maxMetaGraphs)
		}
		m, err := parseMetaGraph(f)
		graphs = append(graphs, m)
		return err
	})
	if err != nil {
		return nil, err
	}
	i := 0
	if len(graphs) != 1 {
		i = slices.IndexFunc(graphs, func(m metaGraph) bool { return slices.Contains(m.tags, serving) })
	}
	if i < 0 {
		tags := []string{}
		for _, m := range graphs {
			tags = append(tags, errs.Quote(strings.Join(m.tags, ",")))
		}
		return nil, errs.Format("SavedModel", "none of its %d graphs has the tag %s; tags: %s", len(graphs), serving, misfit.First(tags))
	}
	return graphdef.Parse(graphs[i].graph.Bytes, graphs[i].graph.Start, lim)
}

const maxMetaGraphs = 64

// parseMetaGraph reads the tags and finds the graph.
func parseMetaGraph(f wire.Field) (m metaGraph, err error) {
	var seen wire.Once
	err = f.Message(func(f wire.Field) error {
		switch f.Number {
		case 1:
			return f.Message(func(f wire.Field) error {
				if f.Number != 4 || len(m.tags) == maxMetaGraphs {
					return nil
				}
				tag, err := f.Text()
				m.tags = append(m.tags, tag)
				return err
			})
		case 2:
			m.graph = f
			if err := f.Want(protowire.BytesType); err != nil {
				return err
			}
			return seen.Check(f)
		}
		return nil
	})
	return m, err
}
