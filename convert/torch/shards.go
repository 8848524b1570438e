package torch

import (
	"crypto/sha256"
	"hash"
	"maps"
	"path/filepath"
	"slices"

	"github.com/mixconv/mixconv/convert/torch/internal/strictjson"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
)

// maxIndex bounds the index of sharded weights: it has a line per tensor.
const maxIndex = 16 << 20

// readShards reads the index s.path and the shards that it names. Every tensor
// is in the shard that the index says, and there is no other.
func (s *source) readShards(lim limit.Limits) (*Checkpoint, error) {
	text, err := regular.Read(s.path, min(maxIndex, lim.FileBytes))
	if err != nil {
		return nil, err
	}
	shardOf, err := parseIndex(text, lim)
	if err != nil {
		return nil, err
	}
	// Where the index itself is a link, the shards may be where it leads.
	real, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Files: []string{s.path}}
	sum := sha256.New()
	sum.Write(text)
	total := lim.TotalBytes
	for _, shard := range slices.Compact(slices.Sorted(maps.Values(shardOf))) {
		tensors, err := readShard(filepath.Dir(s.path), shard, filepath.Dir(real), lim, sum)
		if err != nil {
			return nil, err
		}
		for _, t := range tensors {
			if at, ok := shardOf[t.Name]; !ok || at != shard {
				return nil, errs.Format("weight_map", "tensor %s is in %s, which the index does not say", errs.Quote(t.Name), errs.Quote(shard))
			}
			delete(shardOf, t.Name)
		}
		c.Tensors = append(c.Tensors, tensors...)
		c.Files = append(c.Files, filepath.Join(filepath.Dir(s.path), shard))
		if lim.TotalBytes -= bytesOf(tensors); lim.TotalBytes <= 0 {
			return nil, errs.Format("", "the shards have more than the %d bytes allowed", total)
		}
	}
	if len(shardOf) > 0 {
		name := slices.Min(slices.Collect(maps.Keys(shardOf)))
		return nil, errs.Format("weight_map", "tensor %s is not in %s", errs.Quote(name), errs.Quote(shardOf[name]))
	}
	c.SHA256 = hexSum(sum)
	return c, nil
}

func readShard(folder, name, other string, lim limit.Limits, sum hash.Hash) ([]Named, error) {
	f, size, err := openIn(folder, name, []string{other}, lim)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	path := filepath.Join(folder, name)
	tensors, _, err := decodeSafetensors(f, size, lim)
	if err != nil {
		return nil, errs.InFile(path, err)
	}
	return tensors, errs.InFile(path, addFile(sum, f, size))
}

// parseIndex reads an index: an object whose weight_map names each tensor's
// file.
func parseIndex(text []byte, lim limit.Limits) (map[string]string, error) {
	s := strictjson.New(text, 0)
	shardOf := map[string]string{}
	err := s.Object(func(key string) error {
		if key != "weight_map" {
			return s.Skip()
		}
		return s.Object(func(name string) error {
			if len(shardOf) == lim.Nodes {
				return s.Fail("more than %d tensors", lim.Nodes)
			}
			file, err := s.String()
			if err != nil {
				return err
			}
			if err := checkFileName(file); err != nil {
				return s.Fail("the file of tensor %s is %w", errs.Quote(name), err)
			}
			shardOf[name] = file
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if len(shardOf) == 0 {
		return nil, errs.Format("weight_map", "no tensors")
	}
	return shardOf, s.End()
}
