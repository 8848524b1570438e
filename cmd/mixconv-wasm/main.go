//go:build js && wasm

// Command mixconv-wasm is the engine in a browser: compiled to WebAssembly it gives the
// page of the playground a global object `mixconv` with which the page opens a model and
// runs pictures, without a server. `make wasm` builds page, program and a model.
package main

import (
	"context"
	"encoding/json"
	"syscall/js"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/internal/playground"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
)

// models are those that were opened, by name.
var models = map[string]*playground.Model{}

func main() {
	js.Global().Set("mixconv", map[string]any{
		"open": promise(func(args []js.Value) (any, error) {
			name := args[0].String()
			m, err := onnx.Decode(name, bytesOf(args[1]), limit.Limits{})
			if err != nil {
				return nil, err
			}
			p, err := playground.Open(m, mixconv.ClassifierOptions{})
			if err != nil {
				return nil, err
			}
			models[name] = p
			return p.Info(name), nil
		}),
		"run": promise(func(args []js.Value) (any, error) {
			const classes = 5
			return models[args[0].String()].Run(context.Background(), bytesOf(args[1]), classes, limit.Limits{})
		}),
	})
	js.Global().Call("dispatchEvent", js.Global().Get("Event").New("mixconv"))
	select {} // the functions are called until the page is closed
}

// bytesOf copies a Uint8Array.
func bytesOf(v js.Value) []byte {
	data := make([]byte, v.Length())
	js.CopyBytesToGo(data, v)
	return data
}

// promise is a function for JavaScript that calls do with its arguments on a goroutine,
// and whose promise becomes what do returns, as JSON's text.
func promise(do func(args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		var settle js.Func
		settle = js.FuncOf(func(_ js.Value, with []js.Value) any {
			go func() {
				defer settle.Release()
				value, err := do(args)
				var data []byte
				if err == nil {
					data, err = json.Marshal(value)
				}
				if err != nil {
					with[1].Invoke(js.Global().Get("Error").New(err.Error()))
					return
				}
				with[0].Invoke(string(data))
			}()
			return nil
		})
		return js.Global().Get("Promise").New(settle)
	})
}
