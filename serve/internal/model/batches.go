package model

import (
	"context"
	"fmt"
	"sync"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// batches knows which requests of a model may be joined: those whose pictures the model
// computes one by one, which is proved for each shape of a picture. Other models would
// mix the answers of different callers.
type batches struct {
	session *runtime.Session // nil: nothing is joined
	inputs  []runtime.Value

	mu     sync.Mutex
	proved map[string]bool
}

// mostProved bounds how many shapes are remembered; requests of others are run alone.
const mostProved = 64

// rows is how many pictures in has, 0 if it must be run alone.
func (b *batches) rows(ctx context.Context, in map[string]*tensor.Tensor) int {
	if b.session == nil || len(in) != len(b.inputs) {
		return 0
	}
	rows, key := 0, ""
	for i, v := range b.inputs {
		shape := in[v.Name].Shape
		if len(shape) == 0 || shape[0] == 0 || i > 0 && shape[0] != rows {
			return 0
		}
		rows = shape[0]
		key += fmt.Sprint([]int(shape[1:]))
	}
	if b.separates(ctx, key, in) {
		return rows
	}
	return 0
}

func (b *batches) separates(ctx context.Context, key string, in map[string]*tensor.Tensor) bool {
	b.mu.Lock()
	proved, known := b.proved[key]
	room := len(b.proved) < mostProved
	b.mu.Unlock()
	if known || !room {
		return proved
	}
	shapes := runtime.Shapes{}
	for name, t := range in {
		shapes[name] = t.Shape
	}
	err := b.session.Separates(ctx, shapes)
	if ctx.Err() != nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.proved[key] = err == nil
	return err == nil
}
