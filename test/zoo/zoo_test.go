package zoo

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	which  = flag.String("zoo", "ten", "networks to run: all, ten of the date, or names with commas between, such as resnet18/int8 or torchvision.efficientnet_b0")
	date   = flag.String("date", time.Now().UTC().Format(time.DateOnly), "the date whose ten networks are run")
	update = flag.Bool("update", false, "write the lines of ZOO.md anew")
)

// TestZoo runs networks as the flags say. Nothing of them is left on disk.
func TestZoo(t *testing.T) {
	e := exporters{}
	for _, n := range chosen(t) {
		t.Run(n.ID(), func(t *testing.T) {
			r := judge(t, n, e.of(t, n))
			if *update {
				updateTable(t, r)
			}
		})
	}
	e.stop(t)
}

func chosen(t *testing.T) []Network {
	t.Helper()
	all := Networks()
	switch *which {
	case "all":
		return all
	case "ten":
		day, err := time.Parse(time.DateOnly, *date)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("the ten networks of %s (-date)", *date)
		return OfDay(all, 10, day)
	}
	var some []Network
	for name := range strings.SplitSeq(*which, ",") {
		i := slices.IndexFunc(all, func(n Network) bool { return n.ID() == name || n.Library+"."+n.ID() == name })
		if i < 0 {
			t.Fatalf("networks.txt has no %q", name)
		}
		some = append(some, all[i])
	}
	return some
}
