package jpeg

import "encoding/binary"

// frame reads SOF: the picture's size and components.
func (d *decoder) frame(offset int, s []byte) error {
	if d.components != nil {
		return d.format(offset, "SOF", "a second one")
	}
	if len(s) < 6 || len(s) != 6+3*int(s[5]) {
		return d.format(offset, "SOF", "%d bytes, allowed 6 and 3 a component", len(s))
	}
	if s[0] != 8 {
		return unsupported("%d bits a sample, supported 8", s[0])
	}
	d.height, d.width = int(binary.BigEndian.Uint16(s[1:])), int(binary.BigEndian.Uint16(s[3:]))
	if d.width == 0 || d.height == 0 {
		return d.format(offset+1, "SOF", "%d × %d pixels, allowed at least 1 × 1", d.width, d.height)
	}
	if int64(d.width)*int64(d.height) > d.lim.Pixels {
		return d.format(offset+1, "SOF", "%d × %d pixels, allowed %d in all", d.width, d.height, d.lim.Pixels)
	}
	n := int(s[5])
	if n != 1 && n != 3 && n != 4 {
		return unsupported("%d components, supported 1, 3, 4", n)
	}
	components := make([]component, n)
	for i := range components {
		c := &components[i]
		spec := s[6+3*i:]
		*c = component{id: int(spec[0]), h: int(spec[1] >> 4), v: int(spec[1] & 15), table: int(spec[2])}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.table > 3 {
			return d.format(offset+6+3*i, "SOF", "component %d with sampling %d × %d, table %d, allowed 1…4 and 0…3", c.id, c.h, c.v, c.table)
		}
		d.hMax, d.vMax = max(d.hMax, c.h), max(d.vMax, c.v)
	}
	return d.layOut(components)
}

// layOut computes the components' sizes and allocates their coefficients.
func (d *decoder) layOut(components []component) error {
	d.mcusX, d.mcusY = ceilDiv(d.width, 8*d.hMax), ceilDiv(d.height, 8*d.vMax)
	blocks := 0
	for i := range components {
		c := &components[i]
		if d.hMax%c.h != 0 || d.vMax%c.v != 0 {
			return unsupported("sampling %d × %d of %d × %d, supported whole ratios", c.h, c.v, d.hMax, d.vMax)
		}
		c.width, c.height = ceilDiv(d.width*c.h, d.hMax), ceilDiv(d.height*c.v, d.vMax)
		c.blocksX, c.blocksY = ceilDiv(c.width, 8), ceilDiv(c.height, 8)
		c.stride = d.mcusX * c.h
		blocks += c.blocksX * c.blocksY
		for k := range c.bits {
			c.bits[k] = -1
		}
	}
	// A block takes one bit at least.
	if blocks > 8*len(d.data) {
		return d.format(d.pos, "SOF", "%d bytes for %d × %d pixels, which take at least %d", len(d.data), d.width, d.height, blocks/8)
	}
	for i := range components {
		c := &components[i]
		c.coefficients = make([]block, c.stride*d.mcusY*c.v)
	}
	d.components = components
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
