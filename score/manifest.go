package score

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
)

// header is a manifest's first line: what decides the parts. Parts of another run are none
// of this one's.
type header struct {
	Version int               `json:"mixconv_score"`
	Model   map[string]string `json:"model"` // what decides the answers: the file's SHA-256, preprocessing
	Format  string            `json:"format"`
	Kind    Kind              `json:"values"`
	Top     int               `json:"top"`
	Rows    int               `json:"part_rows"`
	Shards  int               `json:"shards"`
}

// partLine is what a manifest says of a finished part.
type partLine struct {
	Part   int    `json:"part"`
	File   string `json:"file"`
	Rows   int    `json:"rows"`
	Failed int    `json:"failed"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Keys   string `json:"keys_sha256"` // of the keys in order, each with a zero byte behind it
}

// lastLine is a manifest's last line, once all parts are there.
type lastLine struct {
	Done     bool  `json:"done"`
	Pictures int64 `json:"pictures"`
	Failed   int64 `json:"failed"`
	Parts    int   `json:"parts"`
}

// manifest is the file of a shard's finished parts.
type manifest struct {
	folder string
	shard  Shard
	ending string // of parts
	parts  map[int]partLine
	done   bool
	file   *os.File
}

const maxManifest = 1 << 30

func manifestName(index int) string { return fmt.Sprintf("manifest-%05d.jsonl", index) }

// partName is the file of a part of the shard.
func (m *manifest) partName(part int) string {
	return fmt.Sprintf("part-%05d-%06d%s", m.shard.Index, part, m.ending)
}

// openManifest reads the shard's manifest in a folder, or begins one. A part that is not
// there, or not as the manifest says, is not taken.
func openManifest(folder string, shard Shard, h header, ending string) (*manifest, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	path := filepath.Join(folder, manifestName(shard.Index))
	if err := dropEmpty(path, h); err != nil {
		return nil, err
	}
	if err := checkFolder(folder, h); err != nil {
		return nil, err
	}
	m := &manifest{folder: folder, shard: shard, ending: ending, parts: map[int]partLine{}}
	var whole int
	if _, err := os.Stat(path); err == nil {
		data, err := regular.Read(path, maxManifest)
		if err != nil {
			return nil, err
		}
		if whole, err = m.read(data); err != nil {
			return nil, errs.InFile(path, err)
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	m.file = file
	err = file.Truncate(int64(whole)) // what a killed run left unfinished
	if err == nil {
		_, err = file.Seek(0, io.SeekEnd)
	}
	if err == nil && whole == 0 {
		err = m.add(h)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return m, nil
}

// dropEmpty removes a manifest of another run that has no part: that run failed at once.
func dropEmpty(path string, h header) error {
	data, err := regular.Read(path, maxManifest)
	if err != nil || len(data) == 0 || bytes.IndexByte(data, '\n') != len(data)-1 {
		return nil
	}
	var was header
	if json.Unmarshal(data, &was) != nil || was.Version != h.Version || checkHeader(path, h) == nil {
		return nil
	}
	return os.Remove(path)
}

// checkFolder wants a folder to be empty, or to hold results of the same run, of other
// shards perhaps.
func checkFolder(folder string, h header) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	ours, others := 0, ""
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case strings.HasPrefix(name, "manifest-") && strings.HasSuffix(name, ".jsonl"):
			ours++
			if err := checkHeader(filepath.Join(folder, name), h); err != nil {
				return err
			}
		case strings.HasPrefix(name, "part-") || strings.HasPrefix(name, "."):
		default:
			others = name
		}
	}
	if ours == 0 && others != "" {
		return fmt.Errorf("%s has files that are no results of mixconv score, such as %s: name an empty folder, or a new one", errs.Quote(folder), errs.Quote(others))
	}
	return nil
}

// checkHeader compares the first line of a manifest with h. One that a killed run has not
// finished is none.
func checkHeader(path string, h header) error {
	data, err := regular.Read(path, maxManifest)
	if err != nil {
		return err
	}
	line, _, whole := bytes.Cut(data, []byte("\n"))
	if !whole {
		return nil
	}
	var was header
	if err := json.Unmarshal(line, &was); err != nil || was.Version != h.Version {
		return errs.InFile(path, errs.Format("line 1", "no manifest of mixconv score, version %d", h.Version))
	}
	mine, _ := json.Marshal(h)
	theirs, _ := json.Marshal(was)
	if !bytes.Equal(mine, theirs) {
		return errs.InFile(path, errs.Format("line 1", "%s: name another folder", h.differs(was)))
	}
	return nil
}

// differs says how a run that was differs from h.
func (h header) differs(was header) string {
	for _, f := range []struct {
		what     string
		now, was any
	}{
		{"format", h.Format, was.Format}, {"values", h.Kind, was.Kind}, {"top", h.Top, was.Top},
		{"rows of a part", h.Rows, was.Rows}, {"number of shards", h.Shards, was.Shards},
	} {
		if f.now != f.was {
			return fmt.Sprintf("results with %s %v, and this run has %v", f.what, f.was, f.now)
		}
	}
	return "results of another model, or of pictures that were prepared otherwise"
}

// read takes the lines of a manifest and returns how many bytes are whole lines.
func (m *manifest) read(data []byte) (whole int, err error) {
	for number := 1; ; number++ {
		line, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return whole, nil
		}
		if number > 1 {
			if err := m.readLine(line); err != nil {
				return 0, errs.Format(fmt.Sprintf("line %d", number), "%v", err)
			}
		}
		whole += len(line) + 1
		data = rest
	}
}

func (m *manifest) readLine(line []byte) error {
	var last lastLine
	if err := json.Unmarshal(line, &last); err == nil && last.Done {
		m.done = true
		return nil
	}
	var p partLine
	if err := json.Unmarshal(line, &p); err != nil || p.Part < 0 || p.Rows < 1 || p.File != m.partName(p.Part) {
		return fmt.Errorf("it describes no part of shard %d: take the line out", m.shard.Index)
	}
	if sum, size, err := sumFile(filepath.Join(m.folder, p.File)); err == nil && size == p.Bytes && sum == p.SHA256 {
		m.parts[p.Part] = p
	}
	return nil
}

// sumFile is the SHA-256 of a file and its size.
func sumFile(path string) (sum string, size int64, err error) {
	f, size, err := regular.Open(path, maxArchive)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// add appends a line, which is on the disk when add returns.
func (m *manifest) add(line any) error {
	data, err := json.Marshal(line)
	if err == nil {
		_, err = m.file.Write(append(data, '\n'))
	}
	if err == nil {
		err = m.file.Sync()
	}
	return err
}

// totals are the sums over all parts.
func (m *manifest) totals() (last lastLine) {
	last.Done, last.Parts = true, len(m.parts)
	for _, p := range m.parts {
		last.Pictures += int64(p.Rows)
		last.Failed += int64(p.Failed)
	}
	return last
}

// SumModel is the SHA-256 of a model's file and of its external data, hexadecimal.
func SumModel(path string, m *mixconv.Model) (string, error) {
	all := sha256.New()
	for _, file := range append([]string{path}, m.DataFiles()...) {
		if err := addSum(all, file); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

func addSum(to io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(to, f)
	return err
}
