// Command folder classifies all JPEGs of a folder, in their order:
//
//	go run ./examples/folder model.onnx photos
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mixconv/mixconv"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: folder model.onnx FOLDER")
	}
	classifier, err := mixconv.Open(os.Args[1], mixconv.ClassifierOptions{Options: mixconv.Options{Threads: 2}})
	if err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(os.Args[2], "*.jpg"))
	if err != nil {
		log.Fatal(err)
	}
	// Pictures are read when they are wanted: a folder of any size takes little memory.
	pictures := func(yield func([]byte, error) bool) {
		for _, file := range files {
			if !yield(os.ReadFile(file)) {
				return
			}
		}
	}
	i := 0
	for classes, err := range classifier.ClassifyAll(context.Background(), pictures, 1) {
		if err != nil {
			fmt.Printf("%s\t%v\n", files[i], err)
		} else {
			fmt.Printf("%s\t%s\t%.3f\n", files[i], classes[0].Label, classes[0].Probability)
		}
		i++
	}
}
