package jpeg

import "fmt"

// fastBits is the length up to which a code is found by one look-up.
const fastBits = 9

// huffman is a table of codes, T.81 annex C.
type huffman struct {
	// fast maps the next bits to length<<8 | symbol; 0: a longer code.
	fast [1 << fastBits]uint16
	// Of the codes of each length: one more than the largest, left-aligned in
	// 16 bits, and what to add to a code to get its symbol's place.
	above   [17]int32
	place   [17]int32
	symbols []uint8
}

// newHuffman reads a table as it stands in DHT, and returns its length there.
func newHuffman(s []byte) (*huffman, int, error) {
	if len(s) < 16 {
		return nil, 0, fmt.Errorf("%d bytes of a table, allowed at least 16", len(s))
	}
	total := 0
	for _, n := range s[:16] {
		total += int(n)
	}
	if total > 256 || len(s) < 16+total {
		return nil, 0, fmt.Errorf("%d codes in %d bytes, allowed 256", total, len(s)-16)
	}
	h := &huffman{symbols: append([]uint8(nil), s[16:16+total]...)}
	code, next := int32(0), 0
	for length := 1; length <= 16; length++ {
		n := int(s[length-1])
		h.place[length] = int32(next) - code
		if int(code)+n > 1<<length {
			return nil, 0, fmt.Errorf("%d codes of %d bits, allowed %d", n, length, 1<<length-int(code))
		}
		for range n {
			if length <= fastBits {
				h.fill(code, length, h.symbols[next])
			}
			code++
			next++
		}
		h.above[length] = code << (16 - length)
		code <<= 1
	}
	return h, 16 + total, nil
}

// fill enters a code for all bits that may follow it.
func (h *huffman) fill(code int32, length int, symbol uint8) {
	free := fastBits - length
	for i := range int32(1) << free {
		h.fast[code<<free|i] = uint16(length)<<8 | uint16(symbol)
	}
}

// bitReader reads entropy-coded bits, most significant first, up to the next
// marker. Beyond it come zeros, and short tells.
type bitReader struct {
	data  []byte
	pos   int    // next byte to load
	acc   uint64 // the low n bits are loaded and not yet read
	n     int
	zeros int // of them, the last ones that are not in the file
}

// load makes at least 48 bits available.
func (r *bitReader) load() {
	for r.n <= 48 {
		v := uint64(0)
		switch {
		case r.pos >= len(r.data):
			r.zeros += 8
		case r.data[r.pos] != 0xff:
			v = uint64(r.data[r.pos])
			r.pos++
		case r.pos+1 < len(r.data) && r.data[r.pos+1] == 0: // a stuffed byte
			v = 0xff
			r.pos += 2
		default:
			r.zeros += 8
		}
		r.acc = r.acc<<8 | v
		r.n += 8
	}
}

// short reports whether bits were read that the file does not have.
func (r *bitReader) short() bool { return r.n < r.zeros }

// bits reads n ≤ 16 bits.
func (r *bitReader) bits(n int) int32 {
	if r.n < n {
		r.load()
	}
	r.n -= n
	return int32(r.acc>>r.n) & (1<<n - 1)
}

// extended reads n ≤ 16 bits of a signed number, T.81 F.2.2.1.
func (r *bitReader) extended(n int) int32 {
	v := r.bits(n)
	if n > 0 && v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}

// symbol reads a code; -1 if the table has none like it.
func (r *bitReader) symbol(h *huffman) int {
	if r.n < 16 {
		r.load()
	}
	if f := h.fast[r.acc>>(r.n-fastBits)&(1<<fastBits-1)]; f != 0 {
		r.n -= int(f >> 8)
		return int(f & 0xff)
	}
	next := int32(r.acc>>(r.n-16)) & 0xffff
	for length := fastBits + 1; length <= 16; length++ {
		if next < h.above[length] {
			r.n -= length
			return int(h.symbols[next>>(16-length)+h.place[length]])
		}
	}
	return -1
}

// restart goes beyond the restart marker of that number, which must be the
// next marker.
func (r *bitReader) restart(number int) bool {
	for ; r.pos+1 < len(r.data); r.pos++ {
		if next := r.data[r.pos+1]; r.data[r.pos] == 0xff && next != 0 && next != 0xff {
			ok := next == markRST0+byte(number&7)
			r.pos += 2
			r.acc, r.n, r.zeros = 0, 0, 0
			return ok
		}
	}
	return false
}
