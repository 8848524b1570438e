package pth

import (
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// storage is a flat piece of memory that tensors are views of. A file has it
// under a key.
type storage struct {
	key      string
	class    tensor.DType // element type that the file declares
	elements int64        // of that type
	open     func() (io.Reader, error)
}

// TypeName implements pickle.Named.
func (s *storage) TypeName() string { return "a storage" }

func (s *storage) bytes() int64 { return s.elements * int64(s.class.Bits()/8) }

func (s *storage) field() string { return "storage " + errs.Quote(s.key) }

// read returns the storage's bytes.
func (s *storage) read() ([]byte, error) {
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	data := make([]byte, s.bytes())
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, s.readError(err)
	}
	// Only the end of a member says whether its checksum is right.
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		return nil, s.readError(err)
	}
	return data, nil
}

func (s *storage) readError(err error) error {
	if e, ok := err.(*errs.FormatError); ok {
		return e
	}
	return errs.Format(s.field(), "cannot read %d bytes: %w", s.bytes(), err)
}

// storageID is the persistent ID of a storage:
// ("storage", class, key, location, elements), and in the legacy format a view
// or None behind them.
type storageID struct {
	key      string
	class    tensor.DType
	elements int64
	view     any
}

func parseStorageID(id any, legacy bool) (storageID, error) {
	fields := 5
	if legacy {
		fields = 6
	}
	var s storageID
	t, ok := id.(pickle.Tuple)
	if !ok || len(t) != fields || t[0] != any("storage") {
		return s, fmt.Errorf("the persistent ID is no tuple of \"storage\" and %d more values", fields-1)
	}
	class, ok := t[1].(pickle.Global)
	if !ok {
		return s, fmt.Errorf("the storage's class is %s, allowed is a name", pickle.TypeName(t[1]))
	}
	if class.Module == "torch" && strings.HasPrefix(class.Name, "Q") {
		return s, fmt.Errorf("a quantised tensor (%s): weights in floating point are read; export the quantised model with torch.onnx.export, and run that", class.Name)
	}
	if s.class, ok = storageType(class); !ok {
		return s, fmt.Errorf("the storage's class is %s, allowed are torch's own such as torch.FloatStorage", errs.Quote(class.String()))
	}
	if s.key, ok = t[2].(string); !ok {
		return s, fmt.Errorf("the storage's key is %s, allowed is a string", pickle.TypeName(t[2]))
	}
	if _, ok = t[3].(string); !ok {
		return s, fmt.Errorf("the location of storage %s is %s, allowed is a string", errs.Quote(s.key), pickle.TypeName(t[3]))
	}
	if s.elements, ok = t[4].(int64); !ok {
		return s, fmt.Errorf("the size of storage %s is %s, allowed is an integer", errs.Quote(s.key), pickle.TypeName(t[4]))
	}
	if _, _, err := tensor.Size(s.class, []int64{s.elements}); err != nil {
		return s, fmt.Errorf("the size of storage %s: %w", errs.Quote(s.key), err)
	}
	if legacy {
		s.view = t[5]
	}
	return s, nil
}

// storages are the storages that a pickle refers to, by key.
type storages map[string]*storage

// add returns the storage of an ID, the same one for the same key.
func (all storages) add(id storageID) (*storage, bool, error) {
	if s, ok := all[id.key]; ok {
		if s.class != id.class || s.elements != id.elements {
			return nil, false, fmt.Errorf("storage %s has %d elements of %s here, %d of %s before",
				errs.Quote(id.key), id.elements, id.class, s.elements, s.class)
		}
		return s, false, nil
	}
	s := &storage{key: id.key, class: id.class, elements: id.elements}
	all[id.key] = s
	return s, true, nil
}
