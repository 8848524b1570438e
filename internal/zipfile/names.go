package zipfile

import "io"

// Names returns the names of at most most members, in the order of the central
// directory, to tell what kind of archive this is. Nothing but the directory is
// looked at: Open may refuse the same archive.
func Names(r io.ReaderAt, size int64, most int) ([]string, error) {
	e, err := findEnd(r, size)
	if err != nil {
		return nil, err
	}
	if e.records > int64(most) { // as many headers as are wanted, and some slack for long names
		e.records, e.size = int64(most), min(e.size, int64(most)*(centralSize+1<<10))
	}
	dir := make([]byte, e.size)
	if err := readAt(r, dir, e.directory); err != nil {
		return nil, err
	}
	var names []string
	for len(names) < most && len(dir) > 0 {
		m, n, err := parseCentral(dir, e.directory)
		if err != nil {
			break // cut off, or a kind of member that is not read: the names so far tell
		}
		names = append(names, m.Name)
		dir = dir[n:]
	}
	return names, nil
}
