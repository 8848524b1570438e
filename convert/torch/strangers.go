package torch

import (
	"regexp"
	"slices"
)

// stranger is a kind of weights that no network here has, told by names of
// tensors, each of which must be there.
type stranger struct {
	what  string
	names []string // regular expressions
}

// strangers are the kinds that people have, those first whose names are the
// most particular.
var strangers = []stranger{
	{"a LoRA adapter, which changes weights that are elsewhere", []string{`lora_(A|B|down|up)\b|\.alpha$|lora_unet`, `lora_`}},
	{"weights of 4 or 8 bits that a language model's quantiser made (GPTQ, AWQ)", []string{`\.qweight$`, `\.qzeros$|\.scales$`}},
	{"weights quantised by bitsandbytes", []string{`\.(absmax|quant_map|SCB|quant_state.*)$`}},
	{"the state of a quantised PyTorch model", []string{`(_packed_params|\.zero_point|activation_post_process|fake_quant)`}},
	{"an EfficientNet with CondConv (conditional convolutions)", []string{`routing_fn\.weight$`}},
	{"an EfficientNet-EdgeTPU or EfficientNetV2 (fused blocks)", []string{`blocks\.\d+\.\d+\.conv_exp\.weight$`}},
	{"a MobileNetV4 (universal inverted bottlenecks)", []string{`blocks\.\d+\.\d+\.(dw_start|dw_mid|pw_exp)\.conv\.weight$`}},
	{"a Mask R-CNN, Faster R-CNN or another detector of torchvision", []string{`^(.*\.)?(rpn\.head|roi_heads|head\.classification_head)\.`}},
	{"a detector of MMDetection", []string{`(bbox_head|rpn_head|roi_head)\.`}},
	{"a YOLO detector", []string{`model\.\d+\.(conv|cv1\.conv|m\.0\.cv1\.conv)\.weight$`}},
	{"a DETR or another detector with a transformer", []string{`(class_embed|bbox_embed)\.`, `transformer\.|query_embed`}},
	{"a CLIP model", []string{`(visual\.|vision_model\.)`, `(logit_scale|text_model\.|token_embedding)`}},
	{"a language model", []string{`(self_attn\.q_proj|attention\.self\.query|attn\.c_attn|attention\.query_key_value)\.weight$`}},
	{"a Swin transformer", []string{`relative_position_bias_table$`}},
	{"a vision transformer (ViT, DeiT)", []string{`blocks\.\d+\.attn\.qkv\.weight$|encoder\.layers\.encoder_layer_\d+`}},
	{"a ConvNeXt", []string{`(stages\.\d+\.(blocks\.)?\d+|features\.\d+\.\d+)\.(conv_dw|dwconv|block\.0)\.bias$`}},
	{"a RegNet", []string{`(^|\.)(s1\.b1\.|trunk_output\.block1)`}},
	{"a DenseNet", []string{`denseblock\d+\.denselayer\d+\.`}},
	{"a ResNet or ResNeXt", []string{`layer1\.0\.conv1\.weight$`, `layer4\.0\.`}},
	{"an Inception network", []string{`Mixed_\w+\.branch`}},
	{"a VGG or AlexNet", []string{`features\.0\.weight$`, `classifier\.6\.weight$`}},
	{"an EfficientNet of lukemelas's efficientnet_pytorch that is none of B0 to B7 and Lite0 to Lite4", []string{`_blocks\.\d+\._depthwise_conv\.weight$`}},
	{"an EfficientNet or MobileNet of Hugging Face's transformers", []string{`(efficientnet|mobilenet_v[12])\.(encoder|layer|conv_stem)`}},
	{"a U-Net or another segmentation network", []string{`(decoder\.blocks|segmentation_head|up\d\.|upconv)`}},
}

// Only batch norms have moments, and only optimizers averages of gradients.
var (
	norms   = regexp.MustCompile(`(^|\.)bn\d\.weight$`)
	moments = regexp.MustCompile(`\.running_mean$`)

	optimizers = regexp.MustCompile(`^(.*\.)?(exp_avg|exp_avg_sq|momentum_buffer|square_avg)$`)
)

// strangerOf says what the tensors look like and what can be done with them; ""
// if nothing is known.
func strangerOf(all *contents) string {
	const advice = ": not a network that is converted here; export it with torch.onnx.export, and run that"
	weights := slices.DeleteFunc(slices.Clone(all.dictionaries), isOptimizer)
	if len(weights) == 0 && len(all.dictionaries) > 0 {
		return "the state of an optimizer without the weights: save the model's state_dict"
	}
	for _, s := range strangers {
		if s.matches(all) {
			return s.what + advice
		}
	}
	if has(all, norms) && !has(all, moments) {
		return "a network with group or layer norms in place of batch norms, or without their moments" + advice
	}
	return ""
}

func (s stranger) matches(all *contents) bool {
	for _, name := range s.names {
		if !has(all, regexp.MustCompile(name)) {
			return false
		}
	}
	return true
}

// isOptimizer reports whether d is what an optimizer keeps of a parameter.
func isOptimizer(d *dictionary) bool {
	return slices.ContainsFunc(d.entries, func(e entry) bool { return optimizers.MatchString(e.name) })
}

// has reports whether the name of a tensor matches.
func has(all *contents, pattern *regexp.Regexp) bool {
	for _, d := range all.dictionaries {
		if isOptimizer(d) {
			continue
		}
		for _, e := range d.entries {
			if pattern.MatchString(e.name) {
				return true
			}
		}
	}
	return false
}
