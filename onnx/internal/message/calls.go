package message

import (
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// Callees returns the model-local functions that f's body and the graphs in
// its defaults call, each once, in the order of their first call.
func Callees(f *onnxpb.FunctionProto, known map[FunctionID]*onnxpb.FunctionProto) []*onnxpb.FunctionProto {
	var found []*onnxpb.FunctionProto
	seen := map[FunctionID]bool{}
	visit := func(n *onnxpb.NodeProto) {
		key := Callee(n)
		if g := known[key]; g != nil && !seen[key] {
			seen[key] = true
			found = append(found, g)
		}
	}
	EachBodyNode(f, visit)
	return found
}

// CallCycle returns functions that call one another in a circle, the first one
// again at the end, or nil if there are none.
func CallCycle(functions []*onnxpb.FunctionProto, known map[FunctionID]*onnxpb.FunctionProto) []*onnxpb.FunctionProto {
	w := callWalk{known: known, done: map[*onnxpb.FunctionProto]bool{}, open: map[*onnxpb.FunctionProto]bool{}}
	for _, f := range functions {
		if cycle := w.from(f); cycle != nil {
			return cycle
		}
	}
	return nil
}

// CallOrder returns the functions such that each stands after all it calls.
// There must be no cycle.
func CallOrder(functions []*onnxpb.FunctionProto, known map[FunctionID]*onnxpb.FunctionProto) []*onnxpb.FunctionProto {
	w := callWalk{known: known, done: map[*onnxpb.FunctionProto]bool{}, open: map[*onnxpb.FunctionProto]bool{}}
	for _, f := range functions {
		w.from(f)
	}
	return w.order
}

// callWalk goes through the call graph depth first. It keeps its own stack:
// how deep calls go is up to the file.
type callWalk struct {
	known map[FunctionID]*onnxpb.FunctionProto
	done  map[*onnxpb.FunctionProto]bool
	open  map[*onnxpb.FunctionProto]bool // on the stack
	order []*onnxpb.FunctionProto        // as they are done
}

type callFrame struct {
	f    *onnxpb.FunctionProto
	next []*onnxpb.FunctionProto // Callees yet to visit
}

// from visits f and what it calls, and returns the first cycle it meets.
func (w *callWalk) from(f *onnxpb.FunctionProto) []*onnxpb.FunctionProto {
	if w.done[f] {
		return nil
	}
	stack := []callFrame{{f, Callees(f, w.known)}}
	w.open[f] = true
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.next) == 0 {
			w.done[top.f], w.open[top.f] = true, false
			w.order = append(w.order, top.f)
			stack = stack[:len(stack)-1]
			continue
		}
		g := top.next[0]
		top.next = top.next[1:]
		if w.open[g] {
			return closeCycle(stack, g)
		}
		if !w.done[g] {
			w.open[g] = true
			stack = append(stack, callFrame{g, Callees(g, w.known)})
		}
	}
	return nil
}

// closeCycle returns the part of the stack from g on, and g again.
func closeCycle(stack []callFrame, g *onnxpb.FunctionProto) []*onnxpb.FunctionProto {
	var cycle []*onnxpb.FunctionProto
	for _, frame := range stack {
		if frame.f == g || cycle != nil {
			cycle = append(cycle, frame.f)
		}
	}
	return append(cycle, g)
}
