package mixconv_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
)

// three is a handwritten digit of 8×8 pixels, from 0 (white) to g (16).
var three = []string{
	"006egg20",
	"05gdbg00",
	"0072fc00",
	"0007gd10",
	"00006fa0",
	"00000f90",
	"003b8g60",
	"007gg800",
}

// A checkpoint becomes a model, the model a session, and the session says what
// is on a picture.
func Example() {
	model, err := tf.Convert("testdata/digits", convert.Options{ImageSize: 64})
	if err != nil {
		log.Fatal(err)
	}
	session, err := mixconv.LoadModel(model.Model, mixconv.Options{Threads: 2})
	if err != nil {
		log.Fatal(err)
	}

	// The network was trained on digits enlarged eight times, from -1 to 1, in
	// three equal channels.
	picture := make([]float32, 3*64*64)
	for i := range picture {
		x, y := i%64, i/64%64
		picture[i] = float32(strings.IndexByte("0123456789abcdefg", three[y/8][x/8]))/8 - 1
	}
	out, err := session.Run(context.Background(), mixconv.Tensors{
		"input": mixconv.NewTensor(picture, 1, 3, 64, 64),
	})
	if err != nil {
		log.Fatal(err)
	}
	logits := mixconv.Floats(out["logits"])
	fmt.Println(model.Network.Name, "sees a", slices.Index(logits, slices.Max(logits)))
	// Output: mixnet-s sees a 3
}

// An app opens the ONNX file, which says how its pictures are prepared and what its
// classes are called.
func ExampleOpen() {
	path, photo, remove := photoAndModel()
	defer remove()

	classifier, err := mixconv.Open(path, mixconv.ClassifierOptions{})
	if err != nil {
		log.Fatal(err)
	}
	classes, err := classifier.ClassifyBytes(context.Background(), photo, 5)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range classes {
		fmt.Printf("%.2f %s\n", c.Probability, c.Label)
	}
	// Output:
	// 1.00 three
	// 0.00 nine
	// 0.00 one
	// 0.00 five
	// 0.00 two
}

// photoAndModel stands for what an app ships: a model in a file, and a picture.
func photoAndModel() (path string, photo []byte, remove func()) {
	m, err := tf.Convert("testdata/digits", convert.Options{ImageSize: 64, Labels: digitNames, Metadata: digitMetadata})
	if err != nil {
		log.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "mixconv-example-*")
	if err != nil {
		log.Fatal(err)
	}
	path = filepath.Join(folder, "digits.onnx")
	if err := m.WriteFile(path); err != nil {
		log.Fatal(err)
	}
	photo, err = digitPNG(64)
	if err != nil {
		log.Fatal(err)
	}
	return path, photo, func() { os.RemoveAll(folder) }
}

// The file that WriteFile leaves is what an app embeds or ships, and Load and
// LoadBytes read.
func ExampleLoadBytes() {
	model, err := tf.Convert("testdata/digits", convert.Options{ImageSize: 64, MDConv: convert.Fused})
	if err != nil {
		log.Fatal(err)
	}
	file, err := model.Encode()
	if err != nil {
		log.Fatal(err)
	}
	session, err := mixconv.LoadBytes(file, mixconv.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range append(session.Inputs(), session.Outputs()...) {
		fmt.Println(v.Name, v.DType, v.Shape)
	}
	// Output:
	// input float32 [?,3,64,64]
	// logits float32 [?,10]
}
