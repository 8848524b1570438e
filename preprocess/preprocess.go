package preprocess

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// The names of the stages that Run returns. Their order is the Config's.
const (
	StageDecode    = "decode"    // uint8 [1,H,W,3], RGB
	StageResize    = "resize"    // torch: uint8, tensorflow: float32 in 0…255; [1,H,W,3]
	StageCrop      = "crop"      // uint8 [1,H,W,3]
	StageNormalize = "normalize" // float32 [1,3,Size,Size]: the network's input
)

// A Stage is what one step of the preprocessing made.
type Stage struct {
	Name  string
	Value *tensor.Tensor
}

// Stages are the steps of one picture's preprocessing, in their order.
type Stages []Stage

// Get returns the value of the stage of that name, nil if there is none.
func (s Stages) Get(name string) *tensor.Tensor {
	for _, stage := range s {
		if stage.Name == name {
			return stage.Value
		}
	}
	return nil
}

// Input returns the last stage's value: the network's input, float32
// [1,3,Size,Size].
func (s Stages) Input() *tensor.Tensor { return s[len(s)-1].Value }

// Run preprocesses p and returns every stage. The last equals what Tensor
// returns. Unlike Tensor it makes the whole resized picture, and it refuses
// one of more than limit.Default().Pixels (a strip of 1 × 65000 pixels whose
// shorter side is to become 256).
func (c Config) Run(p *Picture) (Stages, error) {
	if err := c.check(p); err != nil {
		return nil, err
	}
	decoded := Stage{StageDecode, p.tensor()}
	input := tensor.New(tensor.Float32, 1, 3, c.Size, c.Size)
	normalized := Stage{StageNormalize, input}
	if c.Kind == TensorFlow {
		cropped, err := c.cropBefore(p)
		if err != nil {
			return nil, err
		}
		resized := tensorflowResize(cropped, c.Size, c.Size, c.Interpolation)
		c.normalizeFloats(tensor.Data[float32](input), resized)
		return Stages{
			decoded,
			{StageCrop, cropped.tensor()},
			{StageResize, tensor.Of(resized, 1, c.Size, c.Size, 3)},
			normalized,
		}, nil
	}
	w, h := c.resizedSize(p.Width, p.Height)
	if most := limit.Default().Pixels; int64(w)*int64(h) > most {
		return nil, errs.Format("picture", "%d × %d pixels would be resized to %d × %d, allowed %d pixels", p.Width, p.Height, w, h, most)
	}
	resized := pillowResize(p, w, h, c.Interpolation, window{0, 0, w, h})
	cropped := resized.view(c.cropAfter(w, h))
	c.normalizeBytes(tensor.Data[float32](input), cropped)
	return Stages{
		decoded,
		{StageResize, resized.tensor()},
		{StageCrop, cropped.tensor()},
		normalized,
	}, nil
}

// Tensor preprocesses p: float32 [1,3,Size,Size].
func (c Config) Tensor(p *Picture) (*tensor.Tensor, error) {
	if err := c.check(p); err != nil {
		return nil, err
	}
	t := tensor.New(tensor.Float32, 1, 3, c.Size, c.Size)
	if err := c.Into(tensor.Data[float32](t), p); err != nil {
		return nil, err
	}
	return t, nil
}

// Into preprocesses p into dst, one picture of a batch: 3 · Size · Size
// values, a plane for each of R, G and B. Of the resized picture it computes
// only what the crop keeps.
func (c Config) Into(dst []float32, p *Picture) error {
	if err := c.check(p); err != nil {
		return err
	}
	if len(dst) != 3*c.Size*c.Size {
		return errs.Format("preprocess", "%d values for a picture of 3 × %d × %d", len(dst), c.Size, c.Size)
	}
	if c.Kind == TensorFlow {
		cropped, err := c.cropBefore(p)
		if err != nil {
			return err
		}
		c.normalizeFloats(dst, tensorflowResize(cropped, c.Size, c.Size, c.Interpolation))
		return nil
	}
	w, h := c.resizedSize(p.Width, p.Height)
	c.normalizeBytes(dst, pillowResize(p, w, h, c.Interpolation, c.cropAfter(w, h)))
	return nil
}

// check reports what is wrong with the Config or the Picture.
func (c Config) check(p *Picture) error {
	if err := c.Check(); err != nil {
		return err
	}
	return p.check()
}
