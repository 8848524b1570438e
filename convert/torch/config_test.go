package torch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
)

func TestConfig(t *testing.T) {
	pth := testdata(t, "bad/control.pth")
	mean := []float64{0.485, 0.456, 0.406}
	for name, c := range map[string]struct {
		text string
		want *torch.Config
	}{
		"timm": {`{"architecture":"mixnet_s","num_classes":2,"num_features":1536,"global_pool":"avg","model_args":{"in_chans":3},
			"pretrained_cfg":{"tag":"ft_in1k","custom_load":false,"input_size":[3,224,224],"fixed_input_size":false,
			"interpolation":"bicubic","crop_pct":0.875,"crop_mode":"center","mean":[0.485,0.456,0.406],"std":[1,1,1],
			"num_classes":1000,"pool_size":[7,7],"first_conv":"conv_stem","classifier":"classifier"},
			"label_names":["cat","dog"],"label_descriptions":{"dog":"a dog","cat":"a cat"}}`,
			&torch.Config{Architecture: "mixnet_s", NumClasses: 2, InputSize: []int{3, 224, 224}, Interpolation: "bicubic",
				CropPct: 0.875, CropMode: "center", Mean: mean, Std: []float64{1, 1, 1},
				Labels: []string{"cat", "dog"}, Descriptions: []string{"a cat", "a dog"}, ModelArgs: map[string]any{"in_chans": 3.0}}},
		"old timm": {`{"architecture":"mixnet_s","num_classes":1000,"input_size":[3,224,224],"crop_pct":0.9,"interpolation":"bilinear"}`,
			&torch.Config{Architecture: "mixnet_s", NumClasses: 1000, InputSize: []int{3, 224, 224}, CropPct: 0.9, Interpolation: "bilinear"}},
		"labels inside": {`{"architecture":"m","pretrained_cfg":{"num_classes":2,"labels":{"1":"b","0":"a"},"label_descriptions":["x","y"]}}`,
			&torch.Config{Architecture: "m", NumClasses: 2, Labels: []string{"a", "b"}, Descriptions: []string{"x", "y"}}},
		"nulls":    {`{"architecture":"m","label_names":null,"pretrained_cfg":{"mean":null}}`, &torch.Config{Architecture: "m"}},
		"not timm": {`{"architectures":["BertModel"],"id2label":{"0":"a"}}`, nil},
	} {
		c2, err := torch.Read(write(t, "pytorch_model.bin", pth, "config.json", c.text), convert.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(c.want, c2.Config); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for text, want := range map[string]string{
		`{`: "config.json: offset 0x1: JSON",
		`{"architecture":"a","architecture":"b"}`:                                 "comes twice",
		`{"architecture":1}`:                                                      "architecture: found a number",
		`{"architecture":"a","num_classes":-1}`:                                   "num_classes: -1",
		`{"architecture":"a","num_classes":1.5}`:                                  "num_classes: found a number 1.5",
		`{"architecture":"a","input_size":[224,224]}`:                             "input_size: 2 numbers",
		`{"architecture":"a","input_size":[3,0,224]}`:                             "input_size: 0, allowed",
		`{"architecture":"a","crop_pct":-1}`:                                      "crop_pct: -1",
		`{"architecture":"a","crop_mode":"squash"}`:                               "crop_mode: squash, allowed center",
		`{"architecture":"a","mean":[1]}`:                                         "mean: 1 numbers, std has 0",
		`{"architecture":"a","mean":[1],"std":[0]}`:                               "std: 0, allowed",
		`{"architecture":"a","label_names":[1]}`:                                  "label_names: neither",
		`{"architecture":"a","label_names":{"0":"a","2":"b"}}`:                    "none for class 1",
		`{"architecture":"a","num_classes":3,"label_names":["a"]}`:                "1 labels, num_classes is 3",
		`{"architecture":"a","label_names":["a"],"label_descriptions":["x","y"]}`: "2 descriptions, 1 labels",
	} {
		_, err := torch.Read(write(t, "pytorch_model.bin", pth, "config.json", text), convert.Options{})
		checkError(t, text, err, want)
	}
}
