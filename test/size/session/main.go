// Command session is the least program that runs a model by package runtime alone:
// its size is a figure of docs/figures.md.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

func main() {
	s, err := runtime.Load(os.Args[1], runtime.Options{})
	if err != nil {
		log.Fatal(err)
	}
	picture := tensor.Of(make([]float32, 3*224*224), 1, 3, 224, 224)
	out, err := s.Run(context.Background(), runtime.Tensors{"input": picture})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tensor.Data[float32](out["logits"]))
}
