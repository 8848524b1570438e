module github.com/mixconv/mixconv/test/bench/ortgo

go 1.26.0

require (
	github.com/mixconv/mixconv v0.0.0-20261201000853-3cd35af08f96
	github.com/yalue/onnxruntime_go v1.27.0
)

replace github.com/mixconv/mixconv => ../../..
