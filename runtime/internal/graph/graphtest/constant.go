package graphtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// mostElements bounds the constants of a text, in all.
const mostElements = 1 << 24

// constant reads a tensor: its type and its data, or the data of int64[] alone. One
// number stands for as many as there are elements. Without data they are drawn: the
// same for the same text.
func (p *parser) constant() (*tensor.Tensor, error) {
	if p.at("[") {
		words, err := p.list("[", "]")
		if err != nil {
			return nil, err
		}
		return filled(tensor.Int64, []int{len(words)}, words)
	}
	t, err := p.typ()
	if err != nil {
		return nil, err
	}
	n, _, err := tensor.Size(t.DType, t.Shape)
	switch {
	case !t.Dense() || t.DType == tensor.Undefined || !t.Shape.Known():
		return nil, fmt.Errorf("a constant of type %s%s, whose shape must be known", t.DType, t.Shape)
	case err != nil:
		return nil, err
	case n > p.left:
		return nil, fmt.Errorf("a constant of %d elements, %d are left of those allowed", n, p.left)
	}
	p.constants, p.left = p.constants+1, p.left-n
	if !p.at("{") {
		return drawn(t, p.constants), nil
	}
	words, err := p.list("{", "}")
	if err != nil {
		return nil, err
	}
	return filled(t.DType, t.Shape, words)
}

// filled is a tensor of the numbers that words say.
func filled(d tensor.DType, shape tensor.Shape, words []string) (*tensor.Tensor, error) {
	t := tensor.New(d, shape...)
	n := t.Elements()
	if len(words) != n && len(words) != 1 {
		return nil, fmt.Errorf("%d values for %s%s of %d elements", len(words), d, shape, n)
	}
	for i := range n {
		if err := set(t, i, words[i%len(words)]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// set reads element i from a word.
func set(t *tensor.Tensor, i int, word string) (err error) {
	switch data := t.Data.(type) {
	case []string:
		data[i] = word
	case []bool:
		data[i], err = strconv.ParseBool(word)
	case []float32:
		var v float64
		v, err = strconv.ParseFloat(word, 32)
		data[i] = float32(v)
	case []float64:
		data[i], err = strconv.ParseFloat(word, 64)
	case []complex64:
		var v complex128
		v, err = strconv.ParseComplex(word, 64)
		data[i] = complex64(v)
	case []complex128:
		data[i], err = strconv.ParseComplex(word, 128)
	case []int64:
		data[i], err = strconv.ParseInt(word, 10, 64)
	case []int32:
		err = signed(data, i, word, 32)
	case []int16:
		err = signed(data, i, word, 16)
	case []int8:
		err = signed(data, i, word, t.DType.Bits())
	case []uint64:
		data[i], err = strconv.ParseUint(word, 10, 64)
	case []uint32:
		err = unsigned(data, i, word, 32)
	case []uint16:
		err = unsigned(data, i, word, 16)
	case []uint8:
		err = unsigned(data, i, word, t.DType.Bits())
	}
	if err != nil {
		return fmt.Errorf("%q is no %s", word, t.DType)
	}
	return nil
}

func signed[T int8 | int16 | int32](data []T, i int, word string, bits int) error {
	v, err := strconv.ParseInt(word, 10, bits)
	data[i] = T(v)
	return err
}

func unsigned[T uint8 | uint16 | uint32](data []T, i int, word string, bits int) error {
	v, err := strconv.ParseUint(word, 10, bits)
	data[i] = T(v)
	return err
}

// drawn is a tensor of a known shape with values that depend on the seed: floats from
// -1 to 1, small integers, and zeros of types that Go has no numbers for.
func drawn(t ops.Type, seed int) *tensor.Tensor {
	random := rand.New(rand.NewPCG(uint64(seed), 14))
	c := tensor.New(t.DType, t.Shape...)
	for i := range c.Elements() {
		switch data := c.Data.(type) {
		case []float32:
			data[i] = float32(2*random.Float64() - 1)
		case []float64:
			data[i] = 2*random.Float64() - 1
		case []bool:
			data[i] = random.IntN(2) == 1
		case []int64:
			data[i] = random.Int64N(17) - 8
		case []int32:
			data[i] = random.Int32N(17) - 8
		case []int8:
			if t.DType == tensor.Int8 {
				data[i] = int8(random.IntN(256) - 128)
			}
		case []uint8:
			if t.DType == tensor.Uint8 {
				data[i] = uint8(random.IntN(256))
			}
		}
	}
	return c
}
