package atomicfile

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// A temporary file's name is ours alone, and tells which machine writes it:
// .mixconv-HOST-NUMBER.tmp. While it is written it is locked, which ends with the
// process whatever happens to it; numbers of processes are used again, locks are not.

// staleAfter is how long nothing has been written to a file that no lock can tell
// about: that of another machine, whose locks may be unknown here.
const staleAfter = 24 * time.Hour

var temporary = regexp.MustCompile(`^\.mixconv-([0-9a-f]{8})-[0-9a-f]{16}\.tmp$`)

// host names this machine in a file's name.
func host() string {
	name, _ := os.Hostname() // without one, all such machines share a name
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(name)))
}

// create makes a temporary file in folder and locks it.
func create(folder string) (*os.File, error) {
	for {
		path := filepath.Join(folder, fmt.Sprintf(".mixconv-%s-%016x.tmp", host(), rand.Uint64()))
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lock(f)
		// Before it was locked, somebody may have taken it for a stray one.
		if now, err := os.Stat(path); err == nil {
			if made, err := f.Stat(); err == nil && os.SameFile(made, now) {
				return f, nil
			}
		}
		f.Close()
	}
}

// sweep removes from folder the temporary files that nobody writes any more. It is
// no error if it cannot.
func sweep(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		of := temporary.FindStringSubmatch(e.Name())
		if of == nil || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue
		}
		old := time.Since(info.ModTime()) > staleAfter
		if old || locks && of[1] == host() {
			removeUnlocked(filepath.Join(folder, e.Name()))
		}
	}
}
