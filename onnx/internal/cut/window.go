package cut

import "io"

// window is a part of a file in memory.
type window struct {
	file io.ReaderAt
	data []byte
	at   int64 // of data in the file
}

// peek returns the n bytes from pos on, n ≤ windowBytes. They stay until the
// next call.
func (w *window) peek(pos, n int64) ([]byte, error) {
	if pos < w.at || pos+n > w.at+int64(len(w.data)) {
		if w.data == nil {
			w.data = make([]byte, 0, windowBytes)
		}
		got, err := w.file.ReadAt(w.data[:windowBytes], pos)
		w.at, w.data = pos, w.data[:got]
		if err != nil && err != io.EOF {
			return nil, err
		}
		if int64(got) < n {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return w.data[pos-w.at:][:n], nil
}

const windowBytes = 8 << 10

// append appends the bytes from pos to end.
func (w *window) append(to []byte, pos, end int64) ([]byte, error) {
	for pos < end {
		part, err := w.peek(pos, min(end-pos, windowBytes))
		if err != nil {
			return nil, err
		}
		to = append(to, part...)
		pos += int64(len(part))
	}
	return to, nil
}
