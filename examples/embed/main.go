// Command embed is one file that has everything: the program and a network that reads
// handwritten digits.
//
//	go build -o digit ./examples/embed
//	./digit three.png
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"os"

	"github.com/mixconv/mixconv"
)

//go:generate go run ../../cmd/mixconv tf2onnx ../../testdata/digits -o digits.onnx --image-size 64 --labels digits.txt --crop 1 --interpolation bicubic --mean 127.5,127.5,127.5 --std 127.5,127.5,127.5

//go:embed digits.onnx
var model []byte

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: digit PICTURE")
	}
	classifier, err := mixconv.OpenBytes(model, mixconv.ClassifierOptions{})
	if err != nil {
		log.Fatal(err)
	}
	picture, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	classes, err := classifier.ClassifyBytes(context.Background(), picture, 3)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range classes {
		fmt.Printf("%-6s %.3f\n", c.Label, c.Probability)
	}
}
