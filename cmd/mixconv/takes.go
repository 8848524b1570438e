package main

import (
	"errors"

	"github.com/mixconv/mixconv/internal/filetype"
)

// takers say which command takes a file, or what can be done about it.
var takers = map[filetype.Kind]string{
	filetype.Foreign:         "no command takes it",
	filetype.Packed:          "unpack it first",
	filetype.Zip:             "unpack it first",
	filetype.NotFetched:      "fetch the file that was meant",
	filetype.Keras:           "no command takes it: mixconv tf2onnx takes checkpoints, SavedModels and frozen graphs",
	filetype.TorchScript:     "mixconv torch2onnx takes what torch.save(model.state_dict(), FILE) writes",
	filetype.Text:            "no command takes it but as --labels or --arch-file",
	filetype.JSON:            "no command takes it but as --labels",
	filetype.JPEG:            "mixconv classify and verify --image take it",
	filetype.PNG:             "mixconv classify and verify --image take it",
	filetype.ONNX:            "mixconv run, verify, inspect, bench and rewrite take it",
	filetype.Npy:             "mixconv run --input, verify --input and inspect take it",
	filetype.Npz:             "mixconv run --input, verify --ref npz:FILE, torch2onnx and inspect take it",
	filetype.TorchZip:        "mixconv torch2onnx and inspect take it",
	filetype.Pickle:          "mixconv torch2onnx and inspect take it, if torch.save wrote it",
	filetype.Safetensors:     "mixconv torch2onnx and inspect take it",
	filetype.SafetensorIndex: "mixconv torch2onnx and inspect take it",
	filetype.CheckpointIndex: "mixconv tf2onnx and inspect take it",
	filetype.CheckpointState: "mixconv tf2onnx and inspect take it",
	filetype.SavedModel:      "mixconv tf2onnx and inspect take it",
	filetype.GraphDef:        "mixconv tf2onnx and inspect take it",
	filetype.Folder:          "mixconv tf2onnx, torch2onnx and inspect take folders with weights",
}

// takenBy says what to do with a file that is something else than err's reader
// wanted; "" if err is no such error.
func takenBy(err error) string {
	var mistaken *filetype.Error
	if !errors.As(err, &mistaken) {
		return ""
	}
	return takers[mistaken.Type.Kind]
}
