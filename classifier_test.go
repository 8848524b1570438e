package mixconv_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"iter"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/preprocess"
)

// digitNames are the labels of the digits' ten classes.
var digitNames = strings.Fields("zero one two three four five six seven eight nine")

// digitMetadata says how the pictures of digits are prepared.
var digitMetadata = map[string]string{
	metadata.PreprocessCrop: "1", metadata.PreprocessInterpolation: "bicubic", metadata.PreprocessMean: "127.5,127.5,127.5", metadata.PreprocessStd: "127.5,127.5,127.5",
}

// digitsModel is the digits checkpoint, converted as tf2onnx does with the flags
// that its pictures want.
func digitsModel(t testing.TB, o convert.Options) *mixconv.Model {
	t.Helper()
	o.ImageSize, o.Labels, o.Metadata = 64, digitNames, digitMetadata
	m, err := tf.Convert("testdata/digits", o)
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

// digitPNG is the handwritten three of the example as a picture of size × size.
func digitPNG(size int) ([]byte, error) {
	m := image.NewGray(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			ink := strings.IndexByte("0123456789abcdefg", three[y*8/size][x*8/size])
			m.SetGray(x, y, color.Gray{Y: uint8(min(ink*16, 255))})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

// mustDigitPNG is digitPNG in a test.
func mustDigitPNG(t testing.TB, size int) []byte {
	t.Helper()
	data, err := digitPNG(size)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func newClassifier(t testing.TB, m *mixconv.Model, o mixconv.ClassifierOptions) *mixconv.Classifier {
	t.Helper()
	c, err := mixconv.OpenModel(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestClassifier: the answer is that of preparing, running and ranking by hand, for
// encoded and for decoded pictures.
func TestClassifier(t *testing.T) {
	m, data := digitsModel(t, convert.Options{}), mustDigitPNG(t, 100)
	c := newClassifier(t, m, mixconv.ClassifierOptions{})
	got, err := c.ClassifyBytes(context.Background(), data, 3)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Preprocessing().Decode(data, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	input, err := c.Preprocessing().Tensor(p)
	if err != nil {
		t.Fatal(err)
	}
	s, err := mixconv.LoadModel(m, mixconv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(context.Background(), mixconv.Tensors{"input": input})
	if err != nil {
		t.Fatal(err)
	}
	want, err := preprocess.Rank(mixconv.Floats(out["logits"]), 3, digitNames)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || got[0].Label != "three" || got[0].Probability < 0.9 {
		t.Errorf("%v, want %v", got, want)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Classify(context.Background(), decoded, 3); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("decoded: %v, %v", got, err)
	}
}

// TestClassifyAll: answers come in order, each as for its picture alone, and an
// unreadable picture fails alone, whatever is run together.
func TestClassifyAll(t *testing.T) {
	broken := errors.New("no such picture")
	var pictures [][]byte
	for size := 30; size < 41; size++ {
		pictures = append(pictures, mustDigitPNG(t, size))
	}
	pictures[4], pictures[7] = []byte("no picture"), nil
	source := func(yield func([]byte, error) bool) {
		for _, p := range pictures {
			err := broken
			if p != nil {
				err = nil
			}
			if !yield(p, err) {
				return
			}
		}
	}
	single := newClassifier(t, digitsModel(t, convert.Options{}), mixconv.ClassifierOptions{})
	for _, fixed := range []int{0, 3} {
		m := digitsModel(t, convert.Options{Batch: fixed})
		for _, batch := range []int{0, 1, 4, 100} {
			c := newClassifier(t, m, mixconv.ClassifierOptions{Options: mixconv.Options{Threads: 2}, Batch: batch})
			i := 0
			for got, err := range c.ClassifyAll(context.Background(), source, 2) {
				switch i {
				case 4:
					if err == nil {
						t.Error("text is a picture")
					}
				case 7:
					if !errors.Is(err, broken) {
						t.Errorf("the source's error: %v", err)
					}
				default:
					want, wantErr := single.ClassifyBytes(context.Background(), pictures[i], 2)
					if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("picture %d: %v, %v, want %v, %v", i, got, err, want, wantErr)
					}
				}
				i++
			}
			if i != len(pictures) {
				t.Errorf("batches of %d: %d answers for %d pictures", c.Batch(), i, len(pictures))
			}
		}
	}
}

// TestClassifyAllStops: with the context's error, or where the caller has enough.
func TestClassifyAllStops(t *testing.T) {
	c := newClassifier(t, digitsModel(t, convert.Options{}), mixconv.ClassifierOptions{Batch: 2})
	data, read := mustDigitPNG(t, 64), 0
	endless := iter.Seq2[[]byte, error](func(yield func([]byte, error) bool) {
		for yield(data, nil) {
			read++
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	for _, err := range c.ClassifyAll(ctx, endless, 1) {
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) || read > 6 {
		t.Errorf("%v after %d pictures", last, read)
	}
	for range c.ClassifyAll(context.Background(), endless, 1) {
		break
	}
}

// TestClassifierOfProbabilities: what ends with a softmax is not given a second one.
func TestClassifierOfProbabilities(t *testing.T) {
	m, data := digitsModel(t, convert.Options{}), mustDigitPNG(t, 64)
	want, err := newClassifier(t, m, mixconv.ClassifierOptions{}).ClassifyBytes(context.Background(), data, 3)
	if err != nil {
		t.Fatal(err)
	}
	name, probabilities, soft := "Softmax", "probabilities", digitsModel(t, convert.Options{})
	op := "Softmax"
	g := soft.Proto.GetGraph()
	g.Node = append(g.Node, &onnxpb.NodeProto{Name: &name, OpType: &op, Input: []string{"logits"}, Output: []string{probabilities}})
	g.Output[0].Name = &probabilities
	got, err := newClassifier(t, soft, mixconv.ClassifierOptions{}).ClassifyBytes(context.Background(), data, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i].Index != want[i].Index || math.Abs(got[i].Probability-want[i].Probability) > 1e-6 {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}

// TestOpenRefuses: what a model does not say is not guessed.
func TestOpenRefuses(t *testing.T) {
	plain, err := tf.Convert("testdata/digits", convert.Options{ImageSize: 64})
	if err != nil {
		t.Fatal(err)
	}
	other := preprocess.ImageNet(preprocess.Torch, 96)
	for name, c := range map[string]struct {
		o    mixconv.ClassifierOptions
		want string
	}{
		"says nothing":    {mixconv.ClassifierOptions{}, "ClassifierOptions.Preprocess"},
		"another size":    {mixconv.ClassifierOptions{Preprocess: &other}, "64 × 64 pixels, and pictures are prepared for 96 × 96"},
		"too few labels":  {mixconv.ClassifierOptions{Preprocess: &preprocess.Config{Kind: preprocess.Torch, Size: 64, Crop: 1, Interpolation: preprocess.Bicubic, Std: [3]float64{1, 1, 1}}, Labels: digitNames[:9]}, "9 labels for the 10 classes"},
		"no such output":  {mixconv.ClassifierOptions{Preprocess: &preprocess.Config{Kind: preprocess.Torch, Size: 64, Crop: 1, Interpolation: preprocess.Bicubic, Std: [3]float64{1, 1, 1}}, Output: "scores"}, "the model has logits"},
		"unusable config": {mixconv.ClassifierOptions{Preprocess: &preprocess.Config{Kind: preprocess.Torch, Size: 64}}, "interpolation"},
	} {
		if _, err := mixconv.OpenModel(plain.Model, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := mixconv.Open("testdata/no.onnx", mixconv.ClassifierOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
