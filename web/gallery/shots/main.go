// Command shots photographs every page of the gallery at 1440 and 390 pixels in
// both languages and themes, and fails when a page scrolls sideways or breaks
// the content security policy.
//
//	go run ./web/gallery/shots [-only payments,refunds] [-as zh-CN.light.1440,en.dark.390] [-out screenshots]
//	go run ./web/gallery/shots -serve 127.0.0.1:8099
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/piaohao/piaohao/web/gallery"
)

func main() {
	only := flag.String("only", "", "photograph only the pages whose names start with one of these, separated by commas")
	as := flag.String("as", "", "photograph them only in these ways, separated by commas, such as en.dark.390")
	out := flag.String("out", "screenshots", "folder to write to")
	serve := flag.String("serve", "", "serve the gallery on this address instead")
	flag.Parse()
	if err := run(context.Background(), choice{strings.Split(*only, ","), strings.Split(*as, ",")}, *out, *serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// choice says what to photograph; an empty name or way means all of them.
type choice struct{ names, ways []string }

func (c choice) page(name string) bool {
	return slices.ContainsFunc(c.names, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

func (c choice) way(way string) bool {
	return slices.Contains(c.ways, way) || slices.Contains(c.ways, "")
}

func run(ctx context.Context, only choice, out, serve string) error {
	g, err := gallery.New()
	if err != nil {
		return err
	}
	if serve != "" {
		fmt.Println("http://" + serve)
		server := &http.Server{Addr: serve, Handler: g, ReadHeaderTimeout: 5 * time.Second}
		return server.ListenAndServe()
	}
	server := httptest.NewServer(g)
	defer server.Close()
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	camera, err := newCamera(ctx)
	if err != nil {
		return err
	}
	defer camera.close()
	return shootAll(camera, g, server.URL, only, out)
}

func shootAll(c *camera, g *gallery.Gallery, base string, only choice, out string) error {
	var problems []error
	for _, page := range g.Pages() {
		if !only.page(page.Name) {
			continue
		}
		for _, v := range gallery.Variants() {
			for _, width := range []int64{1440, 390} {
				way := fmt.Sprintf("%s.%s.%d", v.Lang, v.Theme, width)
				if !only.way(way) {
					continue
				}
				name := page.Name + "." + way + ".png"
				png, problem, err := c.shoot(base+gallery.Path(page, v), width)
				if err != nil {
					return fmt.Errorf("shoot %s: %w", name, err)
				}
				if problem != "" {
					problems = append(problems, fmt.Errorf("%s: %s", name, problem))
				}
				if err := os.WriteFile(filepath.Join(out, name), png, 0o644); err != nil {
					return err
				}
			}
		}
	}
	return errors.Join(problems...)
}
