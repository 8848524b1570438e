package main

import "github.com/spf13/cobra"

// examples are what the help of each command ends with. A test runs them.
var examples = map[string][2]string{
	"demo":       {"mixconv demo", "mixconv demo --json"},
	"tf2onnx":    {"mixconv tf2onnx checkpoint -o mixnet-s.onnx --labels labels.txt", "mixconv tf2onnx checkpoint/model.ckpt-1600 -o fused.onnx --mdconv fused --image-size 64"},
	"torch2onnx": {"mixconv torch2onnx weights.pth --arch-file network.txt --key model_state_dict -o own.onnx", "mixconv torch2onnx weights.pth --arch-file network.txt --image-size dynamic --mdconv fused -o own.onnx"},
	"new":        {"mixconv new --arch mixnet-s -o new.onnx", "mixconv new --arch mobilenetv2_100 --mdconv 3.5.7 --image-size dynamic -o mixed.onnx"},
	"rewrite":    {"mixconv rewrite model.onnx --mdconv fused -o fused.onnx", "mixconv rewrite fused.onnx --mdconv split -o split.onnx"},
	"run":        {"mixconv run model.onnx --input arrays.npz -o outputs.npz", "mixconv run model.onnx --input arrays.npz --layers --engine reference -o values.npz"},
	"classify":   {"mixconv classify model.onnx cat.jpg photos", "mixconv classify model.onnx photos --preprocess torch --top 1 --threads 2 --json"},
	"eval":       {"mixconv eval model.onnx photos", "mixconv eval model.onnx photos --resume answers.jsonl --csv pictures.csv"},
	"score":      {"mixconv score model.onnx photos -o answers", "mixconv score model.onnx photos -o features --values features --shard 0/8 --part-rows 1000"},
	"explain":    {"mixconv explain model.onnx cat.jpg", "mixconv explain model.onnx cat.jpg --top 3 --json"},
	"labels":     {"mixconv labels model.onnx", "mixconv labels model.onnx --labels labels.txt --preprocess torch -o labelled.onnx"},
	"verify":     {"mixconv verify model.onnx --ref forms", "mixconv verify model.onnx --ref npz:recorded.npz --html report.html"},
	"inspect":    {"mixconv inspect model.onnx --layers --html graph.html", "mixconv inspect model.onnx --stage plan --shape input=1,3,64,64"},
	"diff":       {"mixconv diff model.onnx other.onnx", "mixconv diff weights.pth other.pth --rtol 1e-6 --html difference.html"},
	"bench":      {"mixconv bench model.onnx --threads 1,2 --batch 1,4,16 --warmup 500ms", "mixconv bench model.onnx --callers 8 --profile --json"},
	"ops":        {"mixconv ops", "mixconv ops --json"},
	"limits":     {"mixconv limits", "mixconv limits --json"},
	"conform":    {"mixconv conform cases", "mixconv conform cases --json"},
	"serve":      {"mixconv serve model.onnx --listen 127.0.0.1:0", "mixconv serve digits=model.onnx other.onnx --listen 127.0.0.1:0 --max-batch 8 --max-delay 2ms"},
	"oip-check":  {"mixconv oip-check http://127.0.0.1:8080", "mixconv oip-check http://127.0.0.1:8080 --model model --no-grpc --json"},
	"version":    {"mixconv version", "mixconv version --json"},
	"help":       {"mixconv help", "mixconv help run"},
	"completion": {"mixconv completion bash", "mixconv completion zsh"},
}

func addExamples(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.Example = "  mixconv tf2onnx checkpoint -o model.onnx\n  mixconv classify model.onnx cat.jpg"
	for _, cmd := range root.Commands() {
		if e, ok := examples[cmd.Name()]; ok {
			cmd.Example = "  " + e[0] + "\n  " + e[1]
		}
	}
}
