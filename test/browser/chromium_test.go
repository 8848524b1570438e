package browser

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// chromium opens a tab, and fails the test for what the page throws.
func chromium(t *testing.T) context.Context {
	t.Helper()
	program := os.Getenv("MIXCONV_BROWSER")
	if program == "" {
		var err error
		if program, err = exec.LookPath("chromium"); err != nil {
			t.Skip("no chromium: MIXCONV_BROWSER names one")
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	browser, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, closed := chromedp.NewContext(browser)
	t.Cleanup(closed)
	watch(t, tab)
	tab, cancel := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancel)
	return tab
}

// do runs actions.
func do(t *testing.T, tab context.Context, what string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(tab, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// evaluate is what an expression of JavaScript gives.
func evaluate[T any](t *testing.T, tab context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(tab, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// point is a place on the drawing, from 0 to 1 in each direction.
type point struct{ x, y float64 }

// digits are strokes, each drawn without lifting the pen.
var digits = map[string][][]point{
	"zero": {ring(.5, .5, .22, .36)},
	"one":  {{{.36, .3}, {.54, .12}, {.54, .88}}},
	"four": {{{.56, .1}, {.2, .6}, {.82, .6}}, {{.6, .38}, {.6, .9}}},
	"six":  {{{.62, .1}, {.4, .3}, {.3, .6}, {.34, .8}, {.5, .88}, {.66, .8}, {.68, .64}, {.52, .54}, {.36, .62}}},
}

// ring is an ellipse.
func ring(x, y, width, height float64) []point {
	var list []point
	for i := range 33 {
		angle := 2 * math.Pi * float64(i) / 32
		list = append(list, point{x + width*math.Sin(angle), y - height*math.Cos(angle)})
	}
	return list
}

// stroke draws with the mouse.
func stroke(t *testing.T, tab context.Context, points []point) {
	t.Helper()
	box := evaluate[struct{ X, Y, Width, Height float64 }](t, tab, `(() => {
		const canvas = document.getElementById("canvas");
		canvas.scrollIntoView();
		const box = canvas.getBoundingClientRect();
		return { X: box.x, Y: box.y, Width: box.width, Height: box.height };
	})()`)
	mouse := func(what input.DispatchMouseEventType, p point) chromedp.Action[chromedp.Void] {
		return chromedp.MouseEvent(what, box.X+p.x*box.Width, box.Y+p.y*box.Height, chromedp.Button("left"))
	}
	actions := []chromedp.Action[chromedp.Void]{mouse(input.DispatchMouseEventTypeMousePressed, points[0])}
	for _, p := range points[1:] {
		actions = append(actions, mouse(input.DispatchMouseEventTypeMouseMoved, p))
	}
	do(t, tab, "stroke", append(actions, mouse(input.DispatchMouseEventTypeMouseReleased, points[len(points)-1]))...)
}

// shots takes screenshots of the whole page, light and dark, wide and narrow, if a folder
// for them is named.
func shots(t *testing.T, tab context.Context, name string) {
	t.Helper()
	folder := os.Getenv("MIXCONV_SHOTS")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{400, 1280} {
			do(t, tab, "window", chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
				_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				return err
			}))
			if wide := evaluate[int64](t, tab, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s: %d pixels wide in a window of %d", name, wide, width)
			}
			if folder == "" {
				continue
			}
			png, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), png, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
