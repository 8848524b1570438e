package bundle

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/mixconv/mixconv/errs"
)

// layOut sorts the entries by where they are in which shard, and checks that
// no two share a byte and that the last ends where its file does. Bytes
// between two, which TensorFlow's data_alignment leaves, are checked when they
// are read.
func (b *Bundle) layOut(shards int) error {
	b.shards = make([][]int, shards)
	for i, e := range b.Entries {
		b.shards[e.shard] = append(b.shards[e.shard], i)
	}
	for shard, entries := range b.shards {
		slices.SortFunc(entries, func(i, j int) int {
			a, b := &b.Entries[i], &b.Entries[j]
			return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.size, b.size), cmp.Compare(i, j))
		})
		name := b.shardName(shard)
		info, err := fs.Stat(b.fsys, name)
		if err != nil {
			return err
		}
		if err := b.checkShard(entries, info.Size()); err != nil {
			return errs.InFile(name, err)
		}
	}
	return nil
}

func (b *Bundle) checkShard(entries []int, size int64) error {
	var end int64
	for _, i := range entries {
		e := &b.Entries[i]
		if e.offset < end {
			return errs.FormatAt(e.offset, "tensor "+errs.Quote(e.Name), "begins here, but another one ends at %#x", end)
		}
		end = e.offset + e.size
		if end > size {
			return errs.FormatAt(e.offset, "tensor "+errs.Quote(e.Name), "%d bytes, but the file ends at %#x", e.size, size)
		}
	}
	if end != size {
		return errs.FormatAt(end, "", "%d bytes at the end belong to no tensor", size-end)
	}
	return nil
}
