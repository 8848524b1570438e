package bundle

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/mixconv/mixconv/convert/tf/internal/sstable"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// maxNameBytes bounds the names of all tensors together: prefix compression
// lets three bytes of a file stand for a name of any length.
const maxNameBytes = 16 << 20

// Entry describes one tensor of a checkpoint.
type Entry struct {
	Name  string
	Type  tftype.Type
	Shape []int64

	shard        int
	offset, size int64
	crc          uint32 // masked
	sliced       bool   // stored as slices under names of their own
}

// Bundle is a checkpoint whose index has been read and whose files have the
// sizes that it says.
type Bundle struct {
	Entries []Entry // in the order of their names

	fsys   fs.FS
	prefix string
	index  []byte
	shards [][]int // entries of each shard by ascending offset
	lim    limit.Limits
}

// Open reads prefix.index and compares what it says with the sizes of the data
// shards beside it. Errors name files as fsys does.
func Open(fsys fs.FS, prefix string, lim limit.Limits) (*Bundle, error) {
	lim = lim.OrDefault()
	b := &Bundle{fsys: fsys, prefix: prefix, lim: lim}
	name := prefix + ".index"
	var err error
	if b.index, err = readFile(fsys, name, lim.FileBytes); err != nil {
		return nil, err
	}
	shards, err := b.readIndex()
	if err != nil {
		return nil, errs.InFile(name, err)
	}
	if err := b.layOut(shards); err != nil {
		return nil, err
	}
	return b, nil
}

// readFile reads a whole file of at most most bytes.
func readFile(fsys fs.FS, name string, most int64) ([]byte, error) {
	f, info, err := regular.OpenFS(fsys, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := info.Size()
	if size > most {
		return nil, errs.InFile(name, errs.Format("", "%d bytes, allowed %d", size, most))
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, errs.InFile(name, err)
	}
	return b, nil
}

// Files lists the files of the checkpoint, as fsys names them: the index and
// all data shards.
func (b *Bundle) Files() []string {
	files := []string{b.prefix + ".index"}
	for shard := range b.shards {
		files = append(files, b.shardName(shard))
	}
	return files
}

// readIndex reads the header and the entries, and returns the number of shards.
func (b *Bundle) readIndex() (shards int, err error) {
	var sliced []errs.Unsupported
	var badName error // of the first; the names of slices are bad ones
	names := 0
	err = sstable.Read(b.index, func(e sstable.Entry) error {
		if len(e.Key) == 0 { // sorts before all others
			shards, err = parseHeader(e.Value, e.Block)
			return err
		}
		if shards == 0 {
			return errs.FormatAt(e.Block, "", "no header: the first key is %s, not the empty one", errs.Quote(string(e.Key)))
		}
		if names += len(e.Key); names > maxNameBytes || len(b.Entries) == b.lim.Nodes {
			return errs.FormatAt(e.Block, "", "more than %d tensors or %d bytes of names", b.lim.Nodes, maxNameBytes)
		}
		entry := Entry{Name: string(e.Key)}
		field := "tensor " + errs.Quote(entry.Name)
		if err := parseEntry(&entry, e.Value); err != nil {
			return errs.FormatAt(e.Block, field, "%w", err)
		}
		if entry.sliced {
			sliced = append(sliced, errs.Unsupported{Node: entry.Name, Reason: "stored in slices (a partitioned variable)"})
			return nil
		}
		if why := badTensorName(entry.Name, b.lim); why != "" && badName == nil {
			badName = errs.FormatAt(e.Block, field, "the name %s", why)
		}
		if err := entry.check(shards, b.lim); err != nil {
			return errs.FormatAt(e.Block, field, "%w", err)
		}
		b.Entries = append(b.Entries, entry)
		return nil
	})
	switch {
	case err != nil:
		return 0, err
	case shards == 0:
		return 0, errs.Format("", "no header: the index is empty")
	case sliced != nil:
		return 0, &errs.UnsupportedError{Items: sliced}
	}
	return shards, badName
}

func badTensorName(name string, lim limit.Limits) string {
	switch {
	case len(name) > lim.NameBytes:
		return fmt.Sprintf("has %d bytes, allowed %d", len(name), lim.NameBytes)
	case !utf8.ValidString(name):
		return "is not UTF-8"
	case strings.ContainsRune(name, 0):
		return "contains NUL"
	}
	return ""
}

// check compares the fields of an entry with each other.
func (e *Entry) check(shards int, lim limit.Limits) error {
	if !e.Type.Stored() {
		return fmt.Errorf("%s cannot be stored in a checkpoint, or not read here", e.Type)
	}
	elements, _, err := tensor.Size(tensor.Uint8, e.Shape)
	if err != nil {
		return err
	}
	if e.shard < 0 || e.shard >= shards {
		return fmt.Errorf("shard_id is %d, allowed 0 to %d", e.shard, shards-1)
	}
	if e.offset < 0 || e.size < 0 || e.offset+e.size < 0 {
		return fmt.Errorf("offset %d and size %d, allowed 0 to 2^63-1, and so their sum", e.offset, e.size)
	}
	if e.size > lim.TensorBytes {
		return fmt.Errorf("%d bytes, allowed %d", e.size, lim.TensorBytes)
	}
	if e.Type == tftype.String {
		// One byte at least for each string's length, four for their checksum.
		if e.size < 4 || elements > e.size-4 {
			return fmt.Errorf("size is %d bytes, too few for %d strings", e.size, elements)
		}
		return nil
	}
	if elements > e.size || elements*e.Type.Bytes() != e.size {
		return fmt.Errorf("size is %d bytes, but shape %v of %s takes %d elements of %d", e.size, e.Shape, e.Type, elements, e.Type.Bytes())
	}
	return nil
}

// shardName is the name of a data file as TensorFlow forms it.
func (b *Bundle) shardName(shard int) string {
	return fmt.Sprintf("%s.data-%05d-of-%05d", b.prefix, shard, len(b.shards))
}
