package score

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzManifest: whatever a manifest holds, opening it is an error or leaves whole lines,
// and takes no part that is not in the folder as it says.
func FuzzManifest(f *testing.F) {
	h := header{1, map[string]string{"sha256": "1"}, "jsonl", Top, 5, 10, 1}
	good := `{"mixconv_score":1,"model":{"sha256":"1"},"format":"jsonl","values":"top","top":5,"part_rows":10,"shards":1}` + "\n"
	part := `{"part":0,"file":"part-00000-000000.jsonl","rows":1,"failed":0,"bytes":3,"sha256":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","keys_sha256":""}` + "\n"
	for _, seed := range []string{"", good, good + part, good + part + `{"done":true,"pictures":1,"failed":0,"parts":1}` + "\n", good + part[:50], "\n", "null\n", good + "[]\n",
		good + strings.Replace(part, `"part":0`, `"part":-1`, 1), good + strings.Replace(part, `000000.jsonl`, `../x`, 1), good + part + part} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, manifestName(0))
		write(t, path, data)
		write(t, filepath.Join(dir, "part-00000-000000.jsonl"), []byte("foo"))
		m, err := openManifest(dir, Shard{}, h, ".jsonl")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("several lines: %v", err)
			}
			return
		}
		m.file.Close()
		for number, p := range m.parts {
			if number != 0 || p.Bytes != 3 || p.Rows < 1 {
				t.Errorf("takes part %d: %+v", number, p)
			}
		}
		after, err := os.ReadFile(path)
		if err != nil || len(after) == 0 || after[len(after)-1] != '\n' {
			t.Errorf("left %q, %v", after, err)
		}
		whole := data[:bytes.LastIndexByte(data, '\n')+1]
		if len(whole) > 0 && !bytes.Equal(after, whole) {
			t.Errorf("%q became %q", data, after)
		}
	})
}

// FuzzArchives: whatever an archive holds, its members or one error come out.
func FuzzArchives(f *testing.F) {
	whole := tarOf(f, []string{"0.png", "1.png"})
	for _, seed := range [][]byte{whole, whole[:700], zipped(f, whole), zipOf(f, []string{"0.png"}), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		for _, name := range []string{"a.tar", "a.tar.gz", "a.zip"} {
			path := filepath.Join(dir, name)
			write(t, path, data)
			failed := false
			for item, err := range open(path, nil).Items(context.Background(), func(key string) bool { return true }) {
				if failed {
					t.Error("goes on after an error")
				}
				if failed = err != nil; failed {
					if strings.Contains(err.Error(), "\n") {
						t.Errorf("several lines: %v", err)
					}
					continue
				}
				if picture, err := item.Read(); err == nil && len(picture) > maxPicture {
					t.Errorf("%s has %d bytes", item.Key, len(picture))
				}
			}
		}
	})
}
