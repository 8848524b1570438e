package score

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// maxShards bounds Shard.Of, whose numbers have five digits in file names.
const maxShards = 100_000

// Shard is one of several runs that share the pictures of the same sources. A picture
// belongs to shard FNV-1a(key) mod Of, with the 64 bits of FNV-1a folded to 32 by
// exclusive or. The zero value is the only one.
type Shard struct{ Index, Of int }

// ParseShard reads 3/8: the fourth of eight.
func ParseShard(text string) (Shard, error) {
	index, of, _ := strings.Cut(text, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if err != nil || err2 != nil || n < 1 || n > maxShards || i < 0 || i >= n {
		return Shard{}, fmt.Errorf("shard %s: allowed is i/n, i from 0 to n-1, n up to %d", errs.Quote(text), maxShards)
	}
	return Shard{i, n}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, max(1, s.Of)) }

// Has reports whether the picture of that key is the shard's.
func (s Shard) Has(key string) bool {
	if s.Of <= 1 {
		return true
	}
	h := fnv.New64a()
	h.Write([]byte(key))
	sum := h.Sum64()
	return uint32(sum>>32^sum)%uint32(s.Of) == uint32(s.Index)
}
