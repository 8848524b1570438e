package torch_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/limit"
)

const indexName = "model.safetensors.index.json"

// shard is a safetensors file of one tensor of a byte.
func shard(name string) string {
	header := `{"` + name + `":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`
	return string(rune(len(header))) + strings.Repeat("\x00", 7) + header + "\x01"
}

func TestShards(t *testing.T) {
	const index = `{"metadata":{"total_size":2},"weight_map":{"b":"2.safetensors","a":"1.safetensors"}}`
	folder := write(t, indexName, index, "1.safetensors", shard("a"), "2.safetensors", shard("b"))
	for _, path := range []string{folder, filepath.Join(folder, indexName)} {
		c, err := torch.Read(path, convert.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Tensors) != 2 || c.Tensors[0].Name != "a" || c.Tensors[1].Name != "b" || c.Format != torch.Sharded {
			t.Errorf("%+v", c)
		}
		sum := sha256.Sum256([]byte(index + shard("a") + shard("b")))
		if c.SHA256 != hex.EncodeToString(sum[:]) {
			t.Error("another SHA-256")
		}
		if want := []string{filepath.Join(folder, indexName), filepath.Join(folder, "1.safetensors"), filepath.Join(folder, "2.safetensors")}; !slices.Equal(c.Files, want) {
			t.Errorf("files %q, want %q", c.Files, want)
		}
	}
	_, err := torch.Read(folder, convert.Options{Limits: limit.Limits{TotalBytes: 1}})
	checkError(t, "total", err, "more than the 1 bytes allowed")
}

func TestBadShards(t *testing.T) {
	for _, c := range []struct{ name, index, want string }{
		{"parent", `{"weight_map":{"a":"../1.safetensors"}}`, "../1.safetensors, allowed is the name of a file in the same folder"},
		{"parent, escaped", `{"weight_map":{"a":"\u002e\u002e/1"}}`, "allowed is the name of a file"},
		{"absolute", `{"weight_map":{"a":"/etc/passwd"}}`, "allowed is the name of a file"},
		{"backslash", `{"weight_map":{"a":"..\\1"}}`, "allowed is the name of a file"},
		{"drive", `{"weight_map":{"a":"c:1"}}`, "allowed is the name of a file"},
		{"dots", `{"weight_map":{"a":".."}}`, "allowed is the name of a file"},
		{"NUL", `{"weight_map":{"a":"1\u0000"}}`, "allowed is the name of a file"},
		{"missing", `{"weight_map":{"a":"9.safetensors"}}`, "9.safetensors: no such file"},
		{"twice", `{"weight_map":{"a":"1.safetensors","a":"2.safetensors"}}`, "the key a comes twice"},
		{"other shard", `{"weight_map":{"a":"2.safetensors"}}`, "tensor b is in 2.safetensors, which the index does not say"},
		{"not there", `{"weight_map":{"a":"1.safetensors","z":"1.safetensors"}}`, "tensor z is not in 1.safetensors"},
		{"number", `{"weight_map":{"a":1}}`, "found 1"},
		{"no map", `{"metadata":{}}`, "weight_map: no tensors"},
		{"array", `[]`, "found [], allowed {"},
		{"more text", `{"weight_map":{"a":"1.safetensors"}}x`, "text after the end"},
		{"a link out", `{"weight_map":{"a":"3.safetensors"}}`, "3.safetensors: a link that leads out of its folder"},
		{"a pipe", `{"weight_map":{"a":"folder"}}`, "not a regular file"},
	} {
		folder := write(t, indexName, c.index, "1.safetensors", shard("a"), "2.safetensors", shard("b"))
		outside := write(t, "a", shard("a"))
		if err := os.Symlink(filepath.Join(outside, "a"), filepath.Join(folder, "3.safetensors")); err != nil {
			t.Skip(err)
		}
		if err := os.Mkdir(filepath.Join(folder, "folder"), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := torch.Read(folder, convert.Options{})
		checkError(t, c.name, err, c.want)
	}
}

// TestHubCache has Hugging Face's cache: every name is a link to a blob.
func TestHubCache(t *testing.T) {
	blobs := write(t, "0", `{"weight_map":{"a":"1.safetensors"}}`, "1", shard("a"))
	snapshot := t.TempDir()
	for link, blob := range map[string]string{indexName: "0", "1.safetensors": "1"} {
		if err := os.Symlink(filepath.Join(blobs, blob), filepath.Join(snapshot, link)); err != nil {
			t.Skip(err)
		}
	}
	if c, err := torch.Read(snapshot, convert.Options{}); err != nil || len(c.Tensors) != 1 {
		t.Errorf("%v, %v", c, err)
	}
}
