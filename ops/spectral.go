package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// DFT is a resolved call of DFT: Length points along Axis. The signal is real
// (last dimension 1) or complex (2).
type DFT struct {
	Axis, Length int
}

// DFTOf resolves a call of DFT; Length may be tensor.Unknown. ok is false if the
// axis or the rank is not known.
func DFTOf(c *Call) (d DFT, ok bool, err error) {
	in := c.In[0].Shape
	axis, known := int(c.Attrs.Int("axis", -2)), true
	if c.Version >= 20 && c.has(2) {
		if axis, known, err = c.wholeNumber(2); err != nil {
			return d, false, err
		}
	}
	if in == nil || !known {
		return d, false, nil
	}
	if len(in) < 2 || in[len(in)-1] > 2 || in[len(in)-1] == 0 {
		return d, false, fmt.Errorf("input: shape %s, the last dimension must be 1 or 2", in)
	}
	if d.Axis, err = axisOf(int64(axis), len(in)); err == nil && d.Axis == len(in)-1 {
		err = fmt.Errorf("axis %d has the real and imaginary parts", axis)
	}
	if err != nil {
		return d, false, err
	}
	d.Length = in[d.Axis]
	if inverse(c) && onesided(c) && d.Length != tensor.Unknown {
		d.Length = 2 * max(d.Length-1, 0)
	}
	if c.has(1) {
		n, known, err := c.wholeNumber(1)
		if err != nil || known && n < 1 {
			return d, false, fmt.Errorf("input 1 (dft_length): %d, allowed from 1", n)
		}
		if d.Length = tensor.Unknown; known {
			d.Length = n
		}
	}
	if d.Length == 0 {
		return d, false, fmt.Errorf("input: shape %s has no points along axis %d", in, d.Axis)
	}
	return d, true, nil
}

func inverse(c *Call) bool  { return c.Attrs.Int("inverse", 0) != 0 }
func onesided(c *Call) bool { return c.Attrs.Int("onesided", 0) != 0 }

func inferDFT(c *Call) ([]Type, error) {
	d, ok, err := DFTOf(c)
	if err != nil || !ok {
		return one(unknown(rankOf(c.In[0].Shape))), err
	}
	out := c.In[0].Shape.Clone()
	out[d.Axis], out[len(out)-1] = d.Length, 2
	switch {
	case onesided(c) && inverse(c):
		out[len(out)-1] = 1
	case onesided(c) && d.Length != tensor.Unknown:
		out[d.Axis] = d.Length/2 + 1
	}
	return one(out), nil
}

// STFT is a resolved call of STFT.
type STFT struct{ Step, Length, Frames, Bins int }

// STFTOf resolves a call of STFT; ok is false if a value is not known.
func STFTOf(c *Call) (s STFT, ok bool, err error) {
	signal := c.In[0].Shape
	if signal != nil && (len(signal) != 3 || signal[2] > 2 || signal[2] == 0) {
		return s, false, fmt.Errorf("input signal: shape %s, must be [N,L,1] or [N,L,2]", signal)
	}
	step, stepKnown, err := c.wholeNumber(1)
	if err != nil {
		return s, false, err
	}
	length, known, err := c.wholeNumber(3)
	if err != nil {
		return s, false, err
	}
	if w := c.input(2).Shape; c.has(2) && w.Known() {
		if len(w) != 1 || known && length != w[0] {
			return s, false, fmt.Errorf("input window: shape %s for frames of %d", w, length)
		}
		length, known = w[0], true
	}
	if !c.has(2) && !c.has(3) && signal != nil {
		length, known = signal[1], signal[1] != tensor.Unknown
	}
	if !known || !stepKnown || signal == nil || signal[1] == tensor.Unknown {
		return s, false, nil
	}
	if step < 1 || length < 1 || length > signal[1] {
		return s, false, fmt.Errorf("frames of %d by steps of %d in a signal of %d", length, step, signal[1])
	}
	s = STFT{Step: step, Length: length, Frames: (signal[1]-length)/step + 1, Bins: length}
	if c.Attrs.Int("onesided", 1) != 0 {
		s.Bins = length/2 + 1
	}
	return s, true, nil
}

func inferSTFT(c *Call) ([]Type, error) {
	s, ok, err := STFTOf(c)
	if err != nil {
		return nil, err
	}
	out := tensor.Shape{tensor.Unknown, tensor.Unknown, tensor.Unknown, 2}
	if c.In[0].Shape != nil {
		out[0] = c.In[0].Shape[0]
	}
	if ok {
		out[1], out[2] = s.Frames, s.Bins
	}
	return one(out), nil
}

// inferWindow is for a list of size numbers of the type that an attribute
// names.
func inferWindow(c *Call) ([]Type, error) {
	d := tensor.DType(c.Attrs.Int("output_datatype", 1))
	n, known, err := c.wholeNumber(0)
	if err != nil || known && n < 0 {
		return nil, fmt.Errorf("input 0 (size): %d, allowed from 0", n)
	}
	if !known {
		return []Type{{DType: d, Shape: unknown(1)}}, nil
	}
	return []Type{{DType: d, Shape: tensor.Shape{n}}}, nil
}

// inferMelWeights is for [dft_length/2 + 1, num_mel_bins].
func inferMelWeights(c *Call) ([]Type, error) {
	d := tensor.DType(c.Attrs.Int("output_datatype", 1))
	out := unknown(2)
	for i := range 3 {
		v, known, err := c.wholeNumber(i)
		if err != nil || known && (v < 1 || v > math.MaxInt32) {
			return nil, fmt.Errorf("input %d (%s): %d, allowed from 1", i, c.paramName(i), v)
		}
		switch {
		case !known:
		case i == 0:
			out[1] = v
		case i == 1:
			out[0] = v/2 + 1
		}
	}
	return []Type{{DType: d, Shape: out}}, c.oneValue(3, 4)
}
