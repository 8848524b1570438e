package pth

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/big"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// A legacy file is five pickles (a magic number, a protocol version, facts
// about the system, what was saved, the storages' keys) and, per key, the
// number of elements in eight bytes and the elements.
const (
	legacyMagic    = "1950a86a20f9469cfc6c"
	legacyProtocol = 1001
	countBytes     = 8
)

// legacyFile is a legacy file while it is read.
type legacyFile struct {
	r    io.ReaderAt
	size int64
	d    *pickle.Decoder
}

func openLegacy(r io.ReaderAt, size int64, lim limit.Limits) (*File, error) {
	l := &legacyFile{r: r, size: size, d: pickle.NewDecoder(io.NewSectionReader(r, 0, size), size, lim)}
	// Elements are little-endian whatever machine wrote them.
	f := &File{Legacy: true, storages: storages{}, order: binary.LittleEndian, lim: lim}
	if err := l.readPreamble(); err != nil {
		return nil, err
	}
	var err error
	if f.Root, err = l.d.Decode(&env{storages: f.storages, legacy: true, fill: func(*storage) error { return nil }}); err != nil {
		return nil, err
	}
	return f, l.placeStorages(f.storages)
}

// bare is the Env of the pickles that have nothing but plain values.
type bare struct{}

func (bare) Call(g pickle.Global, _ pickle.Tuple, newObj bool) (any, error) {
	return nil, fmt.Errorf("would call %s: refused, allowed are plain values", errs.Quote(g.String()))
}

func (bare) Persistent(any) (any, error) {
	return nil, fmt.Errorf("a persistent ID, allowed are plain values")
}

// readPreamble reads the three pickles before what was saved.
func (l *legacyFile) readPreamble() error {
	magic, err := l.d.Decode(bare{})
	if err != nil {
		return err
	}
	if n, ok := magic.(*big.Int); !ok || n.Text(16) != legacyMagic {
		return errs.FormatAt(0, "", "a pickle, but not one of torch.save: it begins with %s, not with its magic number", pickle.TypeName(magic))
	}
	at := l.d.Offset()
	protocol, err := l.d.Decode(bare{})
	if err != nil {
		return err
	}
	if protocol != any(int64(legacyProtocol)) {
		return errs.FormatAt(at, "protocol version", "not %d, the only one there is", legacyProtocol)
	}
	at = l.d.Offset()
	system, err := l.d.Decode(bare{})
	if err != nil {
		return err
	}
	if _, ok := system.(*pickle.Dict); !ok {
		return errs.FormatAt(at, "system", "%s, allowed is a dictionary", pickle.TypeName(system))
	}
	return nil
}

// placeStorages reads the list of keys and finds each storage behind it.
func (l *legacyFile) placeStorages(all storages) error {
	at := l.d.Offset()
	v, err := l.d.Decode(bare{})
	if err != nil {
		return err
	}
	keys, ok := v.(*pickle.List)
	if !ok || len(keys.Items) != len(all) {
		return errs.FormatAt(at, "storage keys", "no list of the %d storages", len(all))
	}
	seen := make(map[*storage]bool, len(all))
	pos := l.d.Offset()
	for _, item := range keys.Items {
		key, _ := item.(string)
		s := all[key]
		if s == nil || seen[s] {
			return errs.FormatAt(at, "storage keys", "%s is not in what was saved, or comes twice", errs.Quote(key))
		}
		seen[s] = true
		if pos, err = l.place(s, pos); err != nil {
			return err
		}
	}
	if left := l.size - pos; left != 0 {
		return errs.FormatAt(pos, "", "%d bytes after the last storage", left)
	}
	return nil
}

// place finds a storage at pos and returns where it ends.
func (l *legacyFile) place(s *storage, pos int64) (int64, error) {
	if left := l.size - pos; left < countBytes || left-countBytes < s.bytes() {
		return 0, errs.FormatAt(pos, s.field(), "%d bytes and their count, %d are left", s.bytes(), left)
	}
	var count [countBytes]byte
	if _, err := l.r.ReadAt(count[:], pos); err != nil {
		return 0, errs.FormatAt(pos, s.field(), "cannot read: %w", err)
	}
	if n := binary.LittleEndian.Uint64(count[:]); n != uint64(s.elements) {
		return 0, errs.FormatAt(pos, s.field(), "%d elements, the pickle says %d", n, s.elements)
	}
	pos += countBytes
	start := pos
	s.open = func() (io.Reader, error) { return io.NewSectionReader(l.r, start, s.bytes()), nil }
	return pos + s.bytes(), nil
}
