package elements

import "github.com/mixconv/mixconv/tensor"

// Elements of less than 8 bits are packed into bytes without gaps, the first
// one in the lowest bits: two 4-bit, four 2-bit, or four 6-bit elements in
// three bytes. The last byte is padded with zeros.

// unpack sets dst from packed data. Int4 and Int2 are sign-extended.
func unpack[T uint8 | int8](dst []T, data []byte, d tensor.DType) {
	width := d.Bits()
	if width == 8 {
		for i, b := range data {
			dst[i] = T(b)
		}
		return
	}
	signed := d == tensor.Int4 || d == tensor.Int2
	for i := range dst {
		bit := i * width
		v := uint16(data[bit/8])
		if bit%8+width > 8 {
			v |= uint16(data[bit/8+1]) << 8
		}
		b := uint8(v>>(bit%8)) & (1<<width - 1)
		if signed {
			b = uint8(int8(b<<(8-width)) >> (8 - width))
		}
		dst[i] = T(b)
	}
}

// pack is the inverse of unpack. Bits beyond an element's width are dropped.
func pack[T uint8 | int8](src []T, d tensor.DType) []byte {
	width := d.Bits()
	data := make([]byte, (len(src)*width+7)/8)
	for i, e := range src {
		bit := i * width
		v := uint16(uint8(e)&(1<<width-1)) << (bit % 8)
		data[bit/8] |= byte(v)
		if bit%8+width > 8 {
			data[bit/8+1] |= byte(v >> 8)
		}
	}
	return data
}
