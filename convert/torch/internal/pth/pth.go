package pth

import (
	"encoding/binary"
	"io"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/convert/torch/internal/rawdata"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// The tensors that are loaded may take spareBytes and spareRatio × the
// storages' bytes: with strides of 0 a small storage makes any tensor.
const (
	spareBytes = 64 << 20
	spareRatio = 2
)

// File is a checkpoint file.
type File struct {
	Root   any  // what was saved: see package pickle; tensors are *Tensor
	Legacy bool // a pickle, not a zip archive

	storages storages
	order    binary.ByteOrder // of elements
	lim      limit.Limits
}

// Open reads the structure of the size bytes in r.
func Open(r io.ReaderAt, size int64, lim limit.Limits) (*File, error) {
	lim = lim.OrDefault()
	var magic [2]byte
	switch _, err := r.ReadAt(magic[:], 0); {
	case err != nil && err != io.EOF:
		return nil, errs.FormatAt(0, "", "cannot read: %w", err)
	case err != nil:
		return nil, errs.FormatAt(0, "", "%d bytes, neither a zip archive nor a pickle", size)
	}
	if magic == [2]byte{'P', 'K'} {
		return openZip(r, size, lim)
	}
	return openLegacy(r, size, lim)
}

// Load reads the elements of tensors, each storage once. The same *Tensor
// twice gives the same result twice.
func (f *File) Load(wanted []*Tensor) ([]*tensor.Tensor, error) {
	if err := f.checkBudget(wanted); err != nil {
		return nil, err
	}
	// By storage in the order of first use, so that one at a time is in memory.
	var order []*storage
	views := map[*storage][]int{}
	for i, t := range wanted {
		if views[t.storage] == nil {
			order = append(order, t.storage)
		}
		views[t.storage] = append(views[t.storage], i)
	}
	loaded := make([]*tensor.Tensor, len(wanted))
	done := make(map[*Tensor]*tensor.Tensor, len(wanted))
	for _, s := range order {
		data, err := s.read()
		if err != nil {
			return nil, err
		}
		for _, i := range views[s] {
			t := wanted[i]
			if done[t] == nil {
				if done[t], err = rawdata.Decode(t.DType, t.Shape, t.elements(data), f.order); err != nil {
					return nil, errs.Format(s.field(), "%w", err)
				}
			}
			loaded[i] = done[t]
		}
	}
	return loaded, nil
}

// checkBudget adds up what the tensors take before any is made.
func (f *File) checkBudget(wanted []*Tensor) error {
	var stored, total int64
	seen := map[*storage]bool{}
	for _, t := range wanted {
		if s := t.storage; !seen[s] {
			seen[s] = true
			if s.bytes() > f.lim.TensorBytes {
				return errs.Format(s.field(), "%d bytes, allowed %d", s.bytes(), f.lim.TensorBytes)
			}
			stored += s.bytes()
		}
	}
	budget := min(f.lim.TotalBytes, spareBytes+spareRatio*stored)
	counted := map[*Tensor]bool{}
	for _, t := range wanted {
		if counted[t] {
			continue
		}
		counted[t] = true
		if t.bytes > f.lim.TensorBytes || t.bytes > budget-total {
			return errs.Format(t.storage.field(), "a %s tensor of shape %s takes %d bytes, allowed %d each and %d in all",
				t.DType, t.Shape, t.bytes, f.lim.TensorBytes, budget)
		}
		total += t.bytes
	}
	return nil
}

// env is the Env of both formats. fill completes a storage that the pickle
// mentions for the first time.
type env struct {
	storages storages
	legacy   bool
	fill     func(*storage) error
}

func (e *env) Call(g pickle.Global, args pickle.Tuple, newObj bool) (any, error) {
	return call(g, args, newObj)
}

func (e *env) Persistent(v any) (any, error) {
	id, err := parseStorageID(v, e.legacy)
	if err != nil {
		return nil, err
	}
	if id.view != nil {
		return nil, errs.Format("", "storage %s is a view of another, which only PyTorch before 0.4 wrote: save the checkpoint again", errs.Quote(id.key))
	}
	s, isNew, err := e.storages.add(id)
	if err != nil {
		return nil, err
	}
	if isNew {
		if err := e.fill(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}
